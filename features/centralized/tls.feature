@http @cli @security @level4
Feature: HTTPS with a company's own certificates, and the way out through a company's proxy
  As somebody whose registry stands inside a company
  I want its certificates and its proxy to be used as everything else on this machine uses them
  So that nobody turns a check off to get on

  Rule: A certificate is good for its name, for its time, and by an authority that the user trusts

    @smoke
    Scenario: Publishing, searching, adding and verifying work over HTTPS when the company's authority is trusted
      Given a registry that serves HTTPS with a certificate that is good
      And SSL_CERT_FILE names the company's authority
      And I run "ggen market key new"
      And the package io.acme.web is published over HTTPS
      When I run "ggen market search web --json"
      Then the JSON field "results.0.id" is "io.acme.web"
      When I run "ggen market add io.acme.web"
      And I run "ggen market verify --json"
      Then the JSON field "ok" is "True"

    Scenario: What names the authority for curl and for Python's programs names it here
      Given a registry that serves HTTPS with a certificate that is good
      Then it answers when one of these alone names the company's authority
        | variable           |
        | SSL_CERT_FILE      |
        | REQUESTS_CA_BUNDLE |
        | CURL_CA_BUNDLE     |

    Scenario Outline: A certificate that <trouble> is refused before anything is sent, and the next step is told
      Given a registry that serves HTTPS with a certificate that <trouble>
      And SSL_CERT_FILE names the company's authority
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error code is "registry-unavailable"
      And the error output contains "<said>"
      And the error output contains "<next step>"
      And it was tried once, and the registry has answered nothing

      Examples:
        | trouble                                    | said                                                                | next step                                    |
        | is of an unknown authority                 | unable to get local issuer certificate                              | SSL_CERT_FILE names the certificate authority |
        | comes without the authority that signed it | unable to get local issuer certificate                              | the whole chain                              |
        | is for another name                        | Hostname mismatch, certificate is not valid for 'localhost'         | ggen market registry list                    |
        | has expired                                | certificate has expired                                             | its operator                                 |
        | is not good yet                            | certificate is not yet valid                                        | clock                                        |

    Scenario: Without the authority the user learns what is lacking
      Given a registry that serves HTTPS with a certificate that is good
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error output contains "unable to get local issuer certificate"
      And the error output contains "SSL_CERT_FILE names the certificate authority"
      And it was tried once, and the registry has answered nothing

    Scenario: A file of authorities that is not there is told by its name
      Given a registry that serves HTTPS with a certificate that is good
      And SSL_CERT_FILE names a file that is not there
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error output contains "nowhere.pem cannot be read"
      And it was tried once, and the registry has answered nothing

    Scenario: An address of https where HTTP is spoken
      Given a registry that serves HTTP
      And the user knows its address with "https" in front
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error output contains "does not speak HTTPS"
      And the error output contains "should it begin with http, or with https"
      And it was tried once, and the registry has answered nothing

    Scenario: An address of http where HTTPS is spoken
      Given a registry that serves HTTPS with a certificate that is good
      And the user knows its address with "http" in front
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error output contains "it speaks HTTPS, and its address says http"
      And the error output contains "should it begin with http, or with https"
      And it was tried once, and the registry has answered nothing

  Rule: The environment names the proxy

    Scenario: HTTPS goes through the proxy as a tunnel, which sees no token
      Given a registry that serves HTTPS with a certificate that is good
      And SSL_CERT_FILE names the company's authority
      And a forward proxy
      When the user asks while each of these alone names the proxy
        | variable    |
        | https_proxy |
        | HTTPS_PROXY |
        | all_proxy   |
        | ALL_PROXY   |
        | http_proxy  |
      Then the proxy was asked exactly
        | variable    | method  | target     | status | token |
        | https_proxy | CONNECT | {registry} | 200    | no    |
        | HTTPS_PROXY | CONNECT | {registry} | 200    | no    |
        | all_proxy   | CONNECT | {registry} | 200    | no    |
        | ALL_PROXY   | CONNECT | {registry} | 200    | no    |

    Scenario: HTTP goes through the proxy as whole addresses
      Given a registry that serves HTTP
      And a forward proxy
      When the user asks while each of these alone names the proxy
        | variable    |
        | http_proxy  |
        | HTTP_PROXY  |
        | https_proxy |
      Then the proxy was asked exactly
        | variable   | method | target                          | status | token |
        | http_proxy | GET    | http://{registry}/registry.json | 200    | yes   |
        | HTTP_PROXY | GET    | http://{registry}/registry.json | 200    | yes   |

    Scenario: Under CGI a header sets HTTP_PROXY, which is not believed there
      Given a registry that serves HTTP
      And a forward proxy
      And the program runs under CGI
      When the user asks while each of these alone names the proxy
        | variable   |
        | HTTP_PROXY |
      Then the proxy was asked exactly
        | variable | method | target | status | token |

    Scenario: NO_PROXY lists what is asked without the proxy
      Given a registry that serves HTTP
      And a forward proxy
      Then with these in NO_PROXY the proxy is asked so often
        | listed                  | times |
        | localhost               | 0     |
        | .acme.example,localhost | 0     |
        | *                       | 0     |
        | localhost:{port}        | 0     |
        | localhost:1             | 1     |
        | calhost                 | 1     |

    Scenario: A port in NO_PROXY also means the one that an address does not name
      Given a registry that serves HTTP
      And the user knows it as "http://127.0.0.2/", where nothing listens
      And a forward proxy, which knows nobody
      Then with these in NO_PROXY the proxy is asked so often
        | listed         | times |
        | 127.0.0.2:80   | 0     |
        | 127.0.0.2:8080 | 1     |

    Scenario: A proxy that wants a login gets the one that stands in its address
      Given a registry that serves HTTPS with a certificate that is good
      And SSL_CERT_FILE names the company's authority
      And a forward proxy, which wants the login "anna:p%40ss"
      When the user asks while each of these alone names the proxy
        | variable    |
        | https_proxy |
      Then the proxy was asked exactly
        | variable    | method  | target     | status | token |
        | https_proxy | CONNECT | {registry} | 200    | no    |

    Scenario Outline: A proxy that says <status> to a tunnel is told from a registry that does not answer
      Given a registry that serves HTTPS with a certificate that is good
      And SSL_CERT_FILE names the company's authority
      And a forward proxy that https_proxy names, which says <status>
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error output contains "<said>"
      And the error output contains "<next step>"
      And the registry has answered nothing
      And the proxy was asked <times> times

      Examples:
        | status | said                      | next step               | times |
        | 407    | answered 407              | NAME:PASSWORD@HOST:PORT | 1     |
        | 403    | answered 403              | no_proxy                | 1     |
        | 502    | cannot be reached through | registry ping           | 4     |

    Scenario: A proxy that is not there is named
      Given a registry that serves HTTPS with a certificate that is good
      And SSL_CERT_FILE names the company's authority
      And https_proxy names a proxy that is not there
      When I try "ggen market search web --json"
      Then the exit code is 6
      And the error output contains "the proxy 127.0.0.1:"
      And the registry has answered nothing
