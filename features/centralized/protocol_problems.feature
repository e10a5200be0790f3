@http @level1
Feature: An error means the same on both ends of the wire
  As the author of a program that calls a registry
  I want the code, the message, the hint and the exit of an error to be those that the command line has
  So that I react in one way wherever the registry is

  Scenario: Every class of error has its status, and comes back as what it was
    Then these errors have these statuses, and come back as they were
      | class             | code             | status |
      | InvalidInputError | page-invalid     | 400    |
      | IntegrityError    | signature-wrong  | 422    |
      | NotFoundError     | package-not-found| 404    |
      | ConflictError     | version-exists   | 409    |
      | UnavailableError  | index-busy       | 503    |
      | UnavailableError  | disk-full        | 507    |
      | DeniedError       | denied           | 403    |

  Scenario: A problem document is this, for ever
    Then the problem of the error "version-exists" about "io.acme.web" is
      """
      {"code":"version-exists","detail":"it is there","hint":"raise it","id":"io.acme.web","status":409,"title":"Version exists","type":"urn:ggen:error:version-exists"}
      """

  Scenario: Every status from 400 to 599 has its class, whatever the body says
    Then the statuses mean these classes, with a problem document of any other class and without one
      | statuses                                     | class             |
      | 401, 403, 407, 451                           | DeniedError       |
      | 404, 410                                     | NotFoundError     |
      | 409                                          | ConflictError     |
      | 408, 429, 500-599                            | UnavailableError  |
      | 400, 402, 405, 406, 411-421, 423-428, 430-450, 452-499 | InvalidInputError |

  Scenario Outline: A body that is no problem document leaves the status its meaning: <what>
    Then a 404 with the body "<body>" of type "<type>" is "not-found"

    Examples:
      | what                        | type                     | body                                  |
      | nothing                     | application/problem+json | (none)                                |
      | another server's page       | text/html                | <html>404</html>                      |
      | cut short                   | application/problem+json | {"code":"package-not-                 |
      | a list                      | application/problem+json | []                                    |
      | a code twice                | application/problem+json | {"code":"a","code":"b"}               |
      | a code that is a number     | application/problem+json | {"code":5}                            |
      | a code with an escape       | application/problem+json | {"code":"\\u001b[31m"}                |
      | NaN                         | application/problem+json | {"code":"a","x":NaN}                  |
      | lists nested 33 deep        | application/problem+json | {"code":"a","x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]} |
      | an infinite number          | application/problem+json | {"code":"a","x":1e999}                |
      | a number beyond 2^53        | application/problem+json | {"code":"a","x":9007199254740992}     |

  Scenario: What an error says of itself cannot pretend to be something else
    Then a problem document with the members "message, self, retry_after, exit_code, type, title" and a detail of 50000 characters is read with one of 2000
