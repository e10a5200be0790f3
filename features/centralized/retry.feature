@http @retry @faults @level2
Feature: What may pass is tried again, after a wait that the server decides, and never for ever
  As somebody whose network is not perfect
  I want a command to survive what passes by itself, and to end soon and clearly where it does not
  So that I neither run it again by hand nor wait for nothing

  Time, sleep and chance are the scenario's: nothing here waits for real.

  @level1
  Scenario: The table of what is tried again
    Then requests are tried again as this table says
      | what        | retried | base | outcome     |
      | 408         | yes     | 0.5  | unavailable |
      | 429         | yes     | 5    | unavailable |
      | 503         | yes     | 5    | unavailable |
      | 501         | no      | -    | unavailable |
      | 505         | no      | -    | unavailable |
      | 511         | no      | -    | unavailable |
      | 5xx         | yes     | 0.5  | unavailable |
      | 401         | no      | -    | denied      |
      | 403         | no      | -    | denied      |
      | 451         | no      | -    | denied      |
      | 404         | no      | -    | absent      |
      | 410         | no      | -    | absent      |
      | 407         | no      | -    | unavailable |
      | 4xx         | no      | -    | unavailable |
      | 3xx         | no      | -    | unavailable |
      | 2xx         | no      | -    | unavailable |
      | 1xx         | no      | -    | unavailable |
      | connect     | yes     | 0.5  | unavailable |
      | read        | yes     | 0.5  | unavailable |
      | truncated   | yes     | 0.5  | unavailable |
      | slow        | no      | -    | unavailable |
      | overlong    | no      | -    | unavailable |
      | too-long    | no      | -    | invalid     |
      | encoding    | no      | -    | unavailable |
      | portal      | no      | -    | unavailable |
      | range       | no      | -    | unavailable |
      | certificate | no      | -    | unavailable |
      | tls         | no      | -    | unavailable |
      | proxy       | no      | -    | unavailable |
      | url         | no      | -    | unavailable |
      | redirect    | no      | -    | unavailable |
      | plugin      | no      | -    | unavailable |
      | breaker     | no      | -    | unavailable |
      | digest      | no      | -    | invalid     |
    And docs/registries.md has the same table

  Scenario: Every status code there can be is answered by the table
    Given a registry behind a fault proxy
    When a document is asked for that is answered with each status from 200 to 599
    Then the attempts and ends were
      | attempts | end                        | statuses                                    |
      | 1        | found                      | 200                                         |
      | 1        | unavailable                | 201-399, 407, 501, 505, 511                 |
      | 1        | denied                     | 401, 403, 451                               |
      | 1        | absent                     | 404, 410                                    |
      | 1        | conflict                   | 409                                         |
      | 1        | refused                    | 400, 402, 405-406, 411-428, 430-450, 452-499 |
      | 4        | unavailable                | 408, 429, 500, 502-504, 506-510, 512-599    |

  @level1
  Scenario: An interim status that ends an answer is no answer
    Then each status from 100 to 199 is tried once and ends as unavailable

  @smoke
  Scenario: Two failures are forgotten by the third attempt
    Given a registry behind a fault proxy
    And the requests meet "500, reset"
    When the document is asked for
    Then "first" is answered
    And the registry received exactly these requests
      | method | path                            | status |
      | GET    | /packages/io.acme.web.json      | 500    |
      | GET    | /packages/io.acme.web.json      | reset  |
      | GET    | /packages/io.acme.web.json      | 200    |

  Scenario Outline: With the seed <seed> the waits are just these: <faults>
    Given a registry behind a fault proxy, and dice of seed <seed>
    And the requests meet "<faults>"
    When the document is asked for
    Then "<answer>" is answered
    And the waits were "<waits>"

    Examples:
      | seed | faults                                                  | answer               | waits                  |
      | 7    | 500, 500, 500                                           | first                | 0.162, 0.151, 1.302    |
      | 7    | 503, 503, 503                                           | first                | 1.619, 1.508, 6.509    |
      | 8    | 503, 503, 503                                           | first                | 1.134, 9.623, 1.263    |
      | 7    | 500, 500, 500, 500                                      | registry-unavailable | 0.162, 0.151, 1.302    |
      | 7    | 429 retry-after=20, 429                                 | first                | 21.619, 1.508          |
      | 7    | 503 retry-after=30, 503 retry-after=20                  | first                | 31.619, 21.508         |
      | 7    | 503 retry-after=30, 503 retry-after=29                  | registry-unavailable | 31.619                 |
      | 7    | 503 retry-after=61                                      | registry-unavailable | none                   |
      | 7    | 503 retry-after=40, 503 retry-after=40                  | registry-unavailable | 41.619                 |
      | 7    | 404                                                     | not-found            | none                   |

  Scenario: A server that asks for more time than there is gets no attempt before, and the user is told how long
    Given a registry behind a fault proxy
    And the requests meet "503 retry-after=600"
    When the document is asked for
    Then "registry-unavailable" is answered
    And the error says "asks to be left alone for 600 s"
    And the registry received exactly these requests
      | method | path                       | status |
      | GET    | /packages/io.acme.web.json | 503    |

  @level1
  Scenario: Retry-After in all its forms
    Then at "2026-01-01T00:00:00Z" these headers ask for so many seconds
      | header                          | seconds |
      | 120                             | 120     |
      | 0                               | 0       |
      |  7                              | 7       |
      | Thu, 01 Jan 2026 00:01:00 GMT   | 60      |
      | Thursday, 01-Jan-26 00:01:00 GMT | 60     |
      | Wed, 31 Dec 2025 23:59:00 GMT   | 0       |
      | Fri, 01 Jan 2100 00:00:00 GMT   | 0       |
      | -5                              | 0       |
      | 1.5                             | 0       |
      | 86400                           | 86400   |
      | 86401                           | 0       |
      | 99999999999999999999999999999   | 0       |
      | ٣                               | 0       |
      | soon                            | 0       |
      |                                 | 0       |

  Scenario Outline: What came is told apart: <fault>
    Given a registry behind a fault proxy
    And every request meets "<fault>"
    When the document is asked for
    Then "registry-unavailable" is answered
    And the error's reason is "<reason>"
    And the registry received <attempts> requests

    Examples:
      | fault                              | reason    | attempts |
      | hangup                             | read      | 4        |
      | reset                              | read      | 4        |
      | reset after=10                     | truncated | 4        |
      | garbage                            | read      | 4        |
      | truncate after=10                  | truncated | 4        |
      | truncate-chunked after=10          | truncated | 4        |
      | length by=5                        | truncated | 4        |
      | overlong by=3                      | overlong  | 1        |
      | portal                             | portal    | 1        |
      | not-modified                       | 304       | 1        |
      | redirect to=http://127.0.0.2:9/x   | redirect  | 1        |
      | redirect to=/packages/io.acme.web.json | redirect | 1      |
      | redirect to=http://127.0.0.1:99999/ | redirect | 1        |
      | redirect to=http://[::1            | redirect  | 1        |

  Scenario: Nothing listens
    Given a registry behind a fault proxy
    And connections are refused by the registry
    When the document is asked for
    Then "registry-unavailable" is answered
    And the error's reason is "connect"
    And 3 waits were made

  Scenario: What is not idempotent is sent once
    Given a registry behind a fault proxy
    And every request meets "503"
    When a request that is not idempotent is sent
    Then the registry received 1 requests

  @security
  Scenario: What is sent is sent to nobody else: a redirect of it is no answer
    Given a registry behind a fault proxy
    And the registry has the document "/elsewhere.json"
    And the requests for "POST *" meet "redirect to=/elsewhere.json"
    When a release is sent
    Then "registry-unavailable" is answered
    And the error's reason is "redirect"
    And the error says "it wants the POST sent to"
    And the registry received 1 requests

  Scenario: A redirect within the registry is followed, and the token goes nowhere else
    Given a registry behind a fault proxy
    And the registry has the document "/elsewhere.json"
    And the requests for "/packages/*" meet "redirect to=/elsewhere.json code=301"
    When the document is asked for with the token "ggen_secret"
    Then "elsewhere" is answered
    And the registry received exactly these requests
      | method | path                       | status | authorization  |
      | GET    | /packages/io.acme.web.json | 301    | Bearer sha256:fc4616c45c514761 |
      | GET    | /elsewhere.json            | 200    | Bearer sha256:fc4616c45c514761 |

  @faults
  Scenario: A head that never ends is given up in the time that an answer may take, though each byte comes in time
    Given a server that sends the head of its answer byte by byte, without an end
    Then asking it with 5 s for each byte and 0.5 s in all fails as "slow"
