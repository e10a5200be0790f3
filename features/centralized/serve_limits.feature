@http @level3
Feature: A server keeps answering whatever its clients do, and says what it does
  As an operator
  I want slow, greedy and broken clients to cost others nothing
  And stopping the server to break nobody's request
  So that I can run it for years

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |

  Scenario: A large blob is sent in parts, and a broken upload goes on where it stopped
    Given I run the server "ggen"
    Then a blob of 3 MB that is sent in parts and breaks in the middle goes on where it stopped

  @security
  Scenario: Parts that do not fit are refused and spoil nothing
    Given I run the server "ggen"
    Then parts behind the end, twice, too large, of another token or of another blob are refused, and the upload goes on

  @security
  Scenario: A body longer than is taken is refused whether it says so or not
    Given I run the server "ggen"
    Then a release of 100,000 bytes is refused as "body-too-large", with its length and without
    And a batch request that says to have 100 MB is refused before it is sent
    And a part of a blob that is longer than the rest of it is refused as "body-too-large", with its length and without

  @security @faults
  Scenario: Slow clients are let go, and cost others nothing
    Given I run the server "ggen" with "--idle 3 --in-flight 30"
    When 20 clients send half a head and 20 half a body, and then nothing
    Then others are answered meanwhile
    And those with half a body are answered with 408 "too-slow", and those with half a head are disconnected
    And no request is in flight any more

  @level1 @security
  Scenario: A body that trickles is refused though each byte comes in time
    Then a body of 1000 bytes a second is refused as "too-slow" after 11 seconds
    And a body of 1100 bytes a second is taken to its end

  @level1 @security
  Scenario: The rates of very many clients take no more memory than those of 10,000
    Then of 10,001 clients that have used up their requests all are refused but the one that was not seen for longest

  Scenario: A client that asks too fast is told when to come again, and files are not counted
    Given I run the server "ggen" with "--rate 5"
    Then of 30 searches at once the first 10 are answered, and some with 429 "rate-limited" and when to come again
    And 30 files at once are all answered

  Scenario: A server with too much to do says so at once, and recovers
    Given I run the server "ggen" with "--in-flight 2"
    When 2 requests are held open
    Then the next is answered with 503 "overloaded" and when to come again
    But healthz, readyz and metrics are answered
    When the requests that were held open are finished
    Then they were answered, and so is the next

  Scenario: A server that is stopped finishes what it has begun
    Given I run the server "ggen" with "--workers 2"
    When a request is held open, a large file is being read slowly, and the server is told to stop
    Then readyz answers 503 "not-ready" and the next request 503 "draining"
    When the request that was held open is finished
    Then it was answered
    And the file arrives whole
    And the server ends with exit code 0

  Scenario: Each request is a line of the log, and no secret is in it
    Given I run the server "ggen"
    When Alice sends the blobs and the release of "io.acme.web@1.0.0" with a token for "io.acme"
    And a request with the id "my-request.1" is sent for a package that is not there
    Then the log has a line for each of these requests
      | method | path                          | route    | status | code              |
      | POST   | /api/v1/missing               | missing  | 200    |                   |
      | POST   | /api/v1/blobs                 | blobs    | 200    |                   |
      | POST   | /api/v1/releases              | releases | 201    |                   |
      | GET    | /packages/io.acme.nothing.json | package | 404    | package-not-found |
    And the last has the id "my-request.1", as its answer had
    And the token is nowhere in the log

  Scenario: The numbers count the requests of all workers
    Given I run the server "ggen" with "--workers 2"
    When 40 package documents and 3 searches are asked for, and 2 that are not there
    Then the numbers tell 40 answers of the route "package" with 2xx and 2 with 4xx, and 3 of "search"
    And they tell 1 package, and the time of each answer

  @concurrency
  Scenario: Workers that count at the same moment lose no number
    Then 3 processes that count 20,000 requests each at once have counted 60,000, and a fourth gets no place

  Scenario: The description names every route, and answers are as it says
    Given I run the server "ggen"
    Then openapi.json has every route and every kind of file, and nothing else
    And what can be asked without a body is answered with a status and a type that it names

  @concurrency
  Scenario: Ten publishers and a hundred readers at once lose nothing
    Given I run the server "ggen" with "--workers 2 --rate 0"
    When 10 publishers publish 3 versions each while 100 readers read
    Then every publication was answered with 201, and no reader saw a version go or an error
    And the witness verifies the whole log, which holds the records of this home

  @crash
  Scenario: A server that is killed while it publishes leaves the old or the new state
    Given I run the server "ggen"
    When the server is killed 6 times at other moments of a publication, and started again
    Then what was answered is there, and what was not can be sent again
    And the witness verifies the whole log, which holds the records of this home
