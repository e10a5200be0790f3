@http @level3
Feature: A registry's files are served over HTTP, with all that caches and broken lines need
  As a template user behind caches, proxies and bad lines
  I want each file to have a strong tag, its parts and its age to be answered exactly
  So that nothing is fetched twice and nothing is taken for something else

  Background:
    Given these packages of the sample catalog are published
      | package                |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.core@1.1.0 |
      | io.ggen.rust.axum@1.1.0 |

  @smoke
  Scenario: One command serves the registry of this home
    When I run the server "ggen"
    Then it has told its address as JSON and answers there
    And the document of "io.ggen.rust.core" lists 1.1.0, 1.0.0, as signed here

  Scenario: The server serves HTTPS with a certificate and its key
    When I run the server "ggen" with "--tls-cert {certificate} --tls-key {certificate}"
    Then it has told its address as JSON and answers there
    And its address begins with "https:"

  Scenario Outline: Files are answered as their kind wants it (<server>)
    When I run the server "<server>"
    Then it answers
      | method | path                                     | status | says                                                                       |
      | GET    | /registry.json                           | 200    | content-type: application/json; cache-control: no-cache; accept-ranges: bytes |
      | GET    | /packages/io.ggen.rust.core.json         | 200    | content-type: application/json; cache-control: no-cache; vary: accept-encoding |
      | GET    | /releases/io.ggen.rust.core/1.0.0.json   | 200    | cache-control: public, max-age=31536000, immutable                         |
      | GET    | /blobs/sha256/{blob}                     | 200    | etag: "{blob}"; cache-control: public, max-age=31536000, immutable; x-content-type-options: nosniff |
      | GET    | /archives/sha256/{tree}.gpack            | 200    | content-type: application/octet-stream; cache-control: public, max-age=31536000, immutable |
      | GET    | /yanked.json                             | 200    | cache-control: no-cache                                                    |
      | GET    | /categories.json                         | 200    | cache-control: no-cache                                                    |
      | GET    | /downloads/io.ggen.rust.core.json        | 200    | cache-control: no-cache                                                    |
      | GET    | /catalog.json                            | 200    | cache-control: no-cache                                                    |
      | HEAD   | /blobs/sha256/{blob}                     | 200    | content-length: {size}                                                     |
      | HEAD   | /packages/io.ggen.rust.core.json         | 200    | content-type: application/json                                             |
      | GET    | /healthz                                 | 200    | content-type: application/json                                             |
      | GET    | /readyz                                  | 200    | content-type: application/json                                             |
      | GET    | /api/v1/metadata                         | 200    | content-type: application/json                                             |
    And every answer had a request id, and no body where none may be

    Examples:
      | server  |
      | ggen    |
      | uvicorn |

  Scenario Outline: What the client has is not sent again, and a part is sent as that part (<server>)
    When I run the server "<server>"
    Then for the blob and for the document of "io.ggen.rust.core" it answers
      | with                                               | status | says                                          | bytes     |
      | if-none-match: {etag}                              | 304    | etag: {etag}                                  | 0         |
      | if-none-match: W/{etag}                            | 304    | etag: {etag}                                  | 0         |
      | if-none-match: "a", {etag}, "b"                    | 304    | etag: {etag}                                  | 0         |
      | if-none-match: *                                   | 304    | etag: {etag}                                  | 0         |
      | if-none-match: "other"                             | 200    | etag: {etag}                                  | all       |
      | if-none-match: other                               | 200    | etag: {etag}                                  | all       |
      | range: bytes=0-0                                   | 206    | content-range: bytes 0-0/{size}               | 0..1      |
      | range: bytes=5-                                    | 206    | content-range: bytes 5-{last}/{size}          | 5..       |
      | range: bytes=-7                                    | 206    | content-range: bytes {size-7}-{last}/{size}   | -7..      |
      | range: bytes=2-999999999                           | 206    | content-range: bytes 2-{last}/{size}          | 2..       |
      | range: bytes=-999999999                            | 206    | content-range: bytes 0-{last}/{size}          | all       |
      | range: bytes={size}-                               | 416    | content-range: bytes */{size}                 | 0         |
      | range: bytes=-0                                    | 416    | content-range: bytes */{size}                 | 0         |
      | range: bytes=5-2                                   | 200    | content-length: {size}                        | all       |
      | range: bytes=0-1,4-5                               | 200    | content-length: {size}                        | all       |
      | range: lines=0-1                                   | 200    | content-length: {size}                        | all       |
      | range: bytes=x-y                                   | 200    | content-length: {size}                        | all       |
      | range: bytes=99999999999999999999-                 | 200    | content-length: {size}                        | all       |
      | range: bytes=0-3; if-range: {etag}                 | 206    | content-range: bytes 0-3/{size}               | 0..4      |
      | range: bytes=0-3; if-range: W/{etag}               | 200    | content-length: {size}                        | all       |
      | range: bytes=0-3; if-range: "other"                | 200    | content-length: {size}                        | all       |
      | range: bytes=0-3; if-range: Mon, 01 Jan 2024 00:00:00 GMT | 200 | content-length: {size}                     | all       |
      | range: bytes=0-3; if-none-match: {etag}            | 304    | etag: {etag}                                  | 0         |

    Examples:
      | server  |
      | ggen    |
      | uvicorn |

  Scenario: Documents are compressed as the client wishes, each form with a tag of its own
    When I run the server "ggen"
    Then the document of "io.ggen.rust.core" is sent in the codings
      | accept-encoding              | coding   |
      | (none)                       | identity |
      | identity                     | identity |
      | gzip                         | gzip     |
      | zstd                         | zstd     |
      | gzip, zstd                   | zstd     |
      | gzip;q=1.0, zstd;q=0.5       | gzip     |
      | zstd;q=0, gzip;q=0           | identity |
      | zstd; q=0 , *                | gzip     |
      | *                            | zstd     |
      | *;q=0                        | identity |
      | br, deflate                  | identity |
      | gzip;q=abc                   | identity |
      | GZIP                         | gzip     |
    And the blob is never compressed, and a part of a document neither
    And a document of more than 64 KiB is compressed to the same bytes too

  Scenario: A document is never older than what was published before it was asked for
    Given I run the server "ggen" with "--workers 2"
    When 20 releases of "io.acme.web" are published here one after the other, and the document is asked for after each
    Then each answer listed all that was published before, and an unchanged document kept its tag
    And each worker of the server still holds SQLite's lock on the memory that all share

  Scenario: A path that names no file is answered with a problem, and leads nowhere
    When I run the server "ggen"
    Then these paths are answered with 404, and with nothing of this machine
      | what                        | path                                                            |
      | a template of the pages     | /templates/base.html                                            |
      | the pages' own code         | /pages.py                                                       |
      | a way up                    | /blobs/sha256/../../../keys/default.key                         |
      | a quoted way up             | /blobs/sha256/%2e%2e%2f%2e%2e%2f%2e%2e%2fkeys%2fdefault.key     |
      | a way up, quoted twice      | /blobs/sha256/%252e%252e%252fkeys                               |
      | a way up in backslashes     | /blobs/sha256/..%5c..%5ckeys                                    |
      | an absolute path            | //etc/passwd                                                    |
      | a digest in capitals        | /blobs/sha256/{BLOB}                                            |
      | a digest and a slash        | /blobs/sha256/{blob}/                                           |
      | a digest and a NUL          | /blobs/sha256/{blob}%00                                         |
      | another algorithm           | /blobs/md5/{blob}                                               |
      | a digest that nothing has   | /blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000 |
      | an archive that is no tree's| /archives/sha256/0000000000000000000000000000000000000000000000000000000000000000.gpack |
      | the tokens                  | /tokens.json                                                    |
      | the index                   | /index.sqlite                                                   |
      | an unknown package          | /packages/io.acme.nothing.json                                  |
      | an unknown version          | /releases/io.ggen.rust.core/9.9.9.json                          |
      | another spelling of a version | /releases/io.ggen.rust.core/1.0.0+x.json                      |
      | bytes that are no text      | /packages/%ff%fe.json                                           |
      | an id in another script     | /packages/%D0%B0.b.json                                         |

  Scenario: What a path does not do is refused with what it does
    When I run the server "ggen"
    Then it answers
      | method  | path                                   | status | says                   |
      | POST    | /registry.json                         | 405    | allow: GET, HEAD       |
      | DELETE  | /packages/io.ggen.rust.core.json       | 405    | allow: GET, HEAD       |
      | PUT     | /blobs/sha256/{blob}                   | 405    | allow: GET, HEAD       |
      | POST    | /api/v1/search                         | 405    | allow: GET, HEAD       |
      | GET     | /api/v1/releases                       | 405    | allow: POST            |
      | GET     | /api/v2/search                         | 404    | content-type: application/problem+json |

  Scenario: A mistake in what to listen on is told before anything starts
    Then these servers do not start
      | options                                                       | code                |
      | --host 192.0.2.1                                              | address-unavailable |
      | --host no.such.host.invalid                                   | address-unavailable |
      | --tls-cert {certificate}                                      | tls-invalid         |
      | --tls-cert {root}/server-0.log --tls-key {root}/server-0.log  | tls-invalid         |
    And a server on a port that another has taken does not start, "address-unavailable"

  @level2
  Scenario: A document larger than the memory that a server has for documents is made once for many who ask
    When a server that may keep 200 bytes of documents is asked 5 times for the catalog
    Then it has made the catalog 1 times

  Scenario: A catalog so large that it is kept compressed alone is sent in every form as it is
    Then a server that keeps documents beyond 100 bytes compressed answers for the catalog as it is
      | accept-encoding | range       | status | bytes |
      | (none)          | (none)      | 200    | all   |
      | zstd            | (none)      | 200    | all   |
      | gzip            | (none)      | 200    | all   |
      | (none)          | bytes=0-0   | 206    | 0..1  |
      | (none)          | bytes=150-  | 206    | 150.. |
      | zstd            | bytes=-7    | 206    | -7..  |
      | (none)          | bytes=999999- | 416  | 0     |
