@http @cleanroom @level4
Feature: A registry's server, its users and what lies between them are containers of their own
  As somebody who runs a registry in containers
  I want the installed server and client to work where they have few rights and nothing but a network in common
  So that what the other features show on one machine holds between machines

  The rooms are strict: no container is root, none can write but to /tmp and its volumes, nothing leaves the room.

  @security @use.with_engine=<engine> @use.with_image=ggen
  Scenario Outline: On <engine>, what one container publishes another finds, adds, installs and verifies
    Given a registry's server in a container on <engine>, as strict as that can be
    And a publisher with a token for it, in another container
    And a user of it in another container
    When the publisher publishes over HTTP
      | package      | needs        |
      | io.acme.core |              |
      | io.acme.web  | io.acme.core |
    Then the user's search over HTTP for "web" finds io.acme.web
    When the user adds io.acme.web over HTTP
    Then the user's project has, verified
      | package      | version |
      | io.acme.core | 1.0.0   |
      | io.acme.web  | 1.0.0   |
    When the user has lost what was fetched and installed, and installs what the lock file says
    Then the user's project has, verified
      | package      | version |
      | io.acme.core | 1.0.0   |
      | io.acme.web  | 1.0.0   |
    And the server's processes are all of user 10001, and its root cannot be written

    Examples:
      | engine |
      | docker |
      | host   |

  @faults @retry @use.with_engine=<engine> @use.with_image=ggen,fault-proxy
  Scenario Outline: On <engine>, a user behind a bad network gets the packages, and each exchange is what it must be
    Given a registry's server in a container on <engine>, as strict as that can be
    And its operator has published
      | package      | needs        |
      | io.acme.core |              |
      | io.acme.web  | io.acme.core |
    And a fault proxy before it, in a container of its own, which answers 20 ± 10 ms late
    And requests through the proxy meet
      | request                        | faults                 |
      | GET /packages/io.acme.web.json | 503 retry-after=1, 502 |
      | GET /log/checkpoint            | reset after=20         |
      | POST /api/v1/batch             | truncate after=300     |
    And a user in another container, who knows the proxy as the registry
    When the user adds io.acme.web over HTTP
    Then the user's project has, verified
      | package      | version |
      | io.acme.core | 1.0.0   |
      | io.acme.web  | 1.0.0   |
    And the proxy has recorded exactly
      | method | path                        | status | ended    | retry-after | fault              |
      | GET    | /packages/io.acme.web.json  | 503    | complete | 1           | 503 retry-after=1  |
      | GET    | /packages/io.acme.web.json  | 502    | complete |             | 502                |
      | GET    | /packages/io.acme.web.json  | 200    | complete |             | pass               |
      | GET    | /packages/io.acme.core.json | 200    | complete |             | pass               |
      | GET    | /registry.json              | 200    | complete |             | pass               |
      | GET    | /log/checkpoint             | 200    | reset    |             | reset after=20     |
      | GET    | /log/checkpoint             | 200    | complete |             | pass               |
      | GET    | /log/tile/0/000.p/2         | 200    | complete |             | pass               |
      | POST   | /api/v1/batch               | 200    | closed   |             | truncate after=300 |
      | POST   | /api/v1/batch               | 200    | complete |             | pass               |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine> @use.with_image=ggen,nginx
  Scenario Outline: On <engine>, nginx before the files of a mirror is a registry for reading
    Given a registry's server in a container on <engine>, as strict as that can be
    And its operator has published
      | package      | needs        |
      | io.acme.core |              |
      | io.acme.web  | io.acme.core |
    When the operator writes a mirror with archives to a volume, and nginx serves it in another container
    Given a user in another container, who knows the mirror as the registry
    Then the user's search over HTTP for "web" finds io.acme.web
    When the user adds io.acme.web over HTTP
    Then the user's project has, verified
      | package      | version |
      | io.acme.core | 1.0.0   |
      | io.acme.web  | 1.0.0   |
    And nginx gives the 2 archives of the mirror, byte for byte as the registry's server gives them

    Examples:
      | engine |
      | docker |
      | host   |

  @crash @faults @requires_root @use.with_engine=<engine> @use.with_image=ggen
  Scenario Outline: On <engine>, a server that is killed while it receives a package has the old state, and goes on there
    Given a registry's server in a container on <engine> whose network can suffer "bandwidth, refusal"
    And an operator in a container of its home
    And a user of it in another container
    And a publisher with a token for it, in another container that sends 2 MB a second
    When the publisher publishes io.acme.big with a file of 9 MB, and the server is killed with 4 MB of it
    Then the publisher is told with exit code 6, and "ggen market registry ping"
    When the server is started again on the same volume
    Then index and store are sound, and io.acme.big is absent
    When the publisher publishes it again, sending less than was missing and 800 KB
    And the user adds io.acme.big over HTTP
    Then the user's project has, verified
      | package     | version |
      | io.acme.big | 1.0.0   |

    Examples:
      | engine |
      | docker |
      | host   |

  @faults @fallback @requires_root @use.with_engine=<engine> @use.with_image=ggen
  Scenario Outline: On <engine>, a user whose way to the server is gone is told so, works from the cache, and comes back
    Given a registry's server in a container on <engine> whose network can suffer "refusal"
    And its operator has published
      | package       | needs        |
      | io.acme.core  |              |
      | io.acme.other |              |
      | io.acme.web   | io.acme.core |
    And a user of it in another container
    When the user adds io.acme.web over HTTP
    And no way leads from the user to the server
    Then the user's "add io.acme.other" ends with exit code 6 and tells "No route to host" and "--offline uses what is on this machine"
    When the user has lost what was installed, and installs it offline
    Then the user's project has, verified
      | package      | version |
      | io.acme.core | 1.0.0   |
      | io.acme.web  | 1.0.0   |
    When the way to the server is there again
    And the user adds io.acme.other over HTTP
    Then the user's project has, verified
      | package       | version |
      | io.acme.core  | 1.0.0   |
      | io.acme.other | 1.0.0   |
      | io.acme.web   | 1.0.0   |

    Examples:
      | engine |
      | docker |
      | host   |
