@cleanroom @faults @level3
Feature: Everything that goes wrong with an answer over HTTP, on purpose
  A recording fault proxy stands before a server that works. What the client then sees is read from the socket, byte by
  byte. The document that is asked for has 1000 bytes.

  Background:
    Given a fault proxy before a web server

  Scenario: Each fault of an answer is seen by the client as what it is, and recorded
    Then a request that meets the fault gives
      | fault                      | seen                               | recorded |
      | pass                       | 200, 1000 of 1000 bytes, closed    | 200      |
      | 503                        | 503, 24 of 24 bytes, closed        | 503      |
      | 204                        | 204, 0 of unknown bytes, closed    | 204      |
      | not-modified               | 304, 0 of unknown bytes, closed    | 304      |
      | garbage size=300           | 300 bytes that are no HTTP, closed | closed   |
      | garbage-body size=300      | 200, 300 of 300 bytes, closed      | 200      |
      | hangup                     | closed                             | closed   |
      | reset                      | reset                              | reset    |
      | reset after=100            | 200, 100 of 1000 bytes, reset      | 200      |
      | stall after=100            | 200, 100 of 1000 bytes, silent     | 200      |
      | truncate after=100         | 200, 100 of 1000 bytes, closed     | 200      |
      | truncate-chunked after=100 | 200, 106 of unknown bytes, closed  | 200      |
      | overlong by=10             | 200, 1010 of 1000 bytes, closed    | 200      |
      | length by=10               | 200, 1000 of 1010 bytes, closed    | 200      |
      | length by=-10              | 200, 1000 of 990 bytes, closed     | 200      |
      | endless                    | 200, more than 1 MB, cut           | 200      |

  Scenario: What is sent before a reset arrives whole at a client that is slow to take it
    When a client that takes 8000 bytes at a time asks for 1000000 bytes and meets the fault "reset after=150000"
    Then the client sees "200, 150000 of 1000000 bytes, reset"

  Scenario: Each fault of a header is seen by a client that asks for the first 100 bytes
    Then a request for the first 100 bytes that meets the fault gives
      | fault                                        | status | header         | value                      |
      | pass                                         | 206    | Content-Range  | bytes 0-99/1000            |
      | content-range by=1                           | 206    | Content-Range  | bytes 1-100/1000           |
      | whole                                        | 200    | Content-Length | 1000                       |
      | 429 retry-after=7                            | 429    | Retry-After    | 7                          |
      | portal                                       | 200    | Content-Type   | text/html; charset=utf-8   |
      | redirect to=http://elsewhere.invalid/x       | 302    | Location       | http://elsewhere.invalid/x |
      | redirect to=ftp://elsewhere.invalid code=308 | 308    | Location       | ftp://elsewhere.invalid    |

  Scenario: A corrupt body has the right length and one wrong bit
    When a request meets the fault "corrupt at=500"
    Then the client sees "200, 1000 of 1000 bytes, closed"
    And 1 bit of the body is wrong, in the byte 500

  Scenario: Nothing listens while connections are refused, and then something does again
    When connections are refused
    Then a request sees "refused"
    When connections are accepted again
    Then a request sees "200, 1000 of 1000 bytes, closed"

  Scenario: A cut upload reaches the server up to the cut
    When an upload of 5000 bytes meets the fault "cut-upload after=2000"
    Then the client sees "reset"
    And the server has received 2000 bytes of the upload

  Scenario: A lost answer is one to a request that was carried out
    When an upload of 5000 bytes meets the fault "lose"
    Then the client sees "reset"
    And the server has received 5000 bytes of the upload

  Scenario: A run of failures ends, and the record tells all of it
    Given the requests meet
      | request         | faults                             |
      | GET /packages/* | 503, 429 retry-after=1, hangup     |
      | * /blobs/*      | truncate after=10                  |
    When a client asks for
      | path        | times |
      | /packages/a | 4     |
      | /blobs/b    | 2     |
      | /search     | 1     |
    Then the registry received exactly
      | method | path        | status | attempt | fault             | retry-after | bytes |
      | GET    | /packages/a | 503    | 0       | 503               |             | 24    |
      | GET    | /packages/a | 429    | 1       | 429 retry-after=1 | 1           | 24    |
      | GET    | /packages/a | closed | 2       | hangup            |             | 0     |
      | GET    | /packages/a | 200    | 3       | pass              |             | 1000  |
      | GET    | /blobs/b    | 200    | 0       | truncate after=10 |             | 10    |
      | GET    | /blobs/b    | 200    | 1       | pass              |             | 1000  |
      | GET    | /search     | 200    | 0       | pass              |             | 1000  |

  Scenario: Credentials are recorded as a digest, what else was asked as it was
    When a request with "Authorization: Bearer secret-token" meets the fault "pass"
    Then the record has no "secret-token" but "Bearer sha256:"

  Scenario Outline: One seed gives every request its outcome, over <connections> connections as over one
    Given the seed <seed> and <schedule>
    When 50 documents are asked for 4 times each over 1 and over <connections> connections
    Then each attempt had the same outcome both times
    And another seed gives other outcomes

    Examples:
      | seed | connections | schedule                                             |
      | 42   | 20          | half of the requests failing by "503, reset, hangup" |
      | 42   | 20          | documents that fail 0, 1, 2 or 3 times with "503"    |
      | 7    | 5           | half of the requests failing by "truncate after=3"   |

  Scenario: A failure rate is kept, and every number of failures occurs
    Given the seed 42 and half of the requests failing by "503"
    When 50 documents are asked for 4 times each over 1 and over 20 connections
    Then between 70 and 130 of the 200 attempts failed
    Given the seed 42 and documents that fail 0, 1, 2 or 3 times with "503"
    When 50 documents are asked for 4 times each over 1 and over 20 connections
    Then at least 5 documents each failed 0, 1, 2 and 3 times before they answered

  Scenario: Many at once are one request each in the record
    When 20 clients ask at the same moment
    Then the record has 20 requests over 20 connections, numbered 1 to 20

  Scenario: Latency delays the head and nothing is lost
    Given a latency of 300 ms with a jitter of 100 ms
    When 5 documents are asked for one after another
    Then each head took at least 200 ms, and the longest 20 ms more than the shortest

  Scenario: Bandwidth limits a body
    Given a bandwidth of 200000 bytes a second
    When a body of 100000 bytes is asked for
    Then it took at least 0.4 seconds and arrived whole

  Scenario: A slow start makes the same body later
    Given a bandwidth of 200000 bytes a second that starts at 20000
    When a body of 100000 bytes is asked for
    Then it took at least 0.6 seconds and arrived whole

  Scenario: A schedule that cannot be read is named, and the one in force stays
    Given the requests meet
      | request | faults   |
      | *       | 503, 503 |
    When a schedule with the fault "explode" is tried
    Then it is not taken: "no fault is called 'explode'"
    And a request sees "503, 24 of 24 bytes, closed"

  Scenario: A large body passes in constant memory
    When a body of 64 MB is asked for
    Then it arrived whole and the proxy never held more than 48 MB

  Scenario: A registry that does not answer is told apart from the schedule's faults
    Given the web server has ended
    When a request is sent
    Then the client sees "502, 0 of 0 bytes, closed"
    And the record says "no answer from the registry" for its end

  Scenario: A killed parent leaves no proxy behind
    When the process that started a proxy is killed
    Then that proxy ends
