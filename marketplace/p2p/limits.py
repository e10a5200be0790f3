"""Sizes, counts and times that a node grants to others: more than any honest peer needs, and little enough to bear."""

MAX_ANNOUNCE = 64 * 1024
"""Longest announcement in bytes: one signed entry. A release with a thousand dependencies does not fit: sync has it."""

MAX_FRAME = 2 * 1024 * 1024
"""Longest frame on our own streams in bytes; a batch of entries ends below half of it."""

QUEUE_SLOTS = 4096
"""Messages that wait for a slow reader before one is lost; the library's 32 are two seconds of a busy publisher."""

MAX_CONNECTIONS = 128
MAX_STREAMS_PER_PEER = 64
"""Streams that one peer may have open towards us; an honest one needs a dozen (gossip, identify, sync, exchange)."""

MAX_SUBSCRIPTIONS = 8
"""Topics a peer may subscribe to; there is one."""

MAX_CONTROL = 32
"""Grafts, prunes, and lists of messages that one peer may gossip in a second; an honest one needs about four."""

MAX_SYNC_ENTRIES = 512
"""Entries in one batch; the batch ends earlier when it has `BATCH_BYTES`."""

BATCH_BYTES = 1024 * 1024

MAX_SUMMARY_PART = 4096
"""Authors in one part of a summary: about 0.6 MiB."""

MAX_AUTHORS = 100_000
"""Publishers that one node keeps logs of, and that a summary may name."""

CHUNK = 1024 * 1024
"""Bytes that are verified and asked for at once; a blob of at most this size is one chunk."""

PIECE = 4 * 65_507 - 4
"""Most bytes in one frame of a chunk: with its length they fill four messages of the cipher (see `wire`).

A stream whose window is full for 5 s is reset: small pieces keep it moving.
"""

ASKED_AHEAD = 2
"""Requests for chunks that one provider has at a time: while one chunk travels the next is asked for."""

PARTS_KEPT = 7 * 86_400.0
"""Seconds for which what came of a blob waits for the rest, after the last of it has come."""

MAX_WANTED = 32
"""Blobs asked for in one request."""

MAX_CHUNKS = 512
"""Chunks of one blob: the 512 MiB that a package may unpack to."""

STALL_SECONDS = 2.0
"""How long a provider that has promised bytes may send none; then another one is asked."""

REQUEST_SECONDS = 5.0
"""How long a peer may take to open a stream or to begin an answer."""

SERVE_SECONDS = 30.0
"""How long a stream on which nothing is asked stays open."""

CHUNK_SECONDS = 15.0
"""How long one chunk may take although its pieces come in time: 70 kB a second."""

MESSAGE_SECONDS = 15.0
"""How long one message may take although a little of it comes now and then."""

BATCH_SECONDS = 60.0
"""How long one batch of entries may take in the same way: 17 kB a second."""

DIRECTORY_SECONDS = 5.0
"""How long a DHT operation may take; with a dead peer in the table the library's own take up to 30 s."""

RECORD_SECONDS = 48 * 3600.0
"""How long others keep a provider record (libp2p's Kademlia specification)."""

REPUBLISH_SECONDS = 22 * 3600.0
"""How often a provider record is announced again (the same specification)."""

PROVIDE_EVERY = 1.3
"""Seconds between two announcements to the DHT: a server drops more than 10 of one peer in 10 s, in silence."""

DISCOVER_FIRST = 0.5
"""Seconds until a node that has just begun looks for further peers; then ever longer, up to `DISCOVER_EVERY`."""

RECONNECT_EVERY = 1.0
DISCOVER_EVERY = 5.0
SYNC_EVERY = 3.0
SAVE_EVERY = 10.0
"""Seconds between two looks: for lost bootstrap peers, for further peers, at a random peer's logs, at the scores."""

WANTED_PEERS = 4
"""Connections a node wants: a node with one peer is cut off when that one dies."""

LOCAL_EVERY = 1.0
"""Seconds between two looks at who was heard on the local network, while there are fewer peers than wanted."""

LOCAL_AT_ONCE = 8
"""Peers of the local network that are dialled in one look: who says much there costs no more than that."""

LOCAL_ADDRESSES = 16
LOCAL_NAMES = 8
LOCAL_SOURCES = 1024
LOCAL_MESSAGES = 64
"""On the local network: addresses that are read of one name, names that one machine may have (each node has one),
machines that are listened to, and messages of one machine in a second. To read the longest takes some milliseconds."""

LOCAL_TTL = 120
"""Seconds that others may remember what this node says on the local network (RFC 6762, section 10, for host names)."""

LOCAL_LONGEST_TTL = 4500
"""Seconds for which this node remembers what others say there, at most (the same, for what is no host's name)."""

LOCAL_RENEW_EVERY = 10.0
"""Seconds between two looks for networks that the machine has joined, and for addresses that it has got."""

CONFIRM_SECONDS = 15.0
CONFIRM_EACH = 0.25
CONFIRM_MOST = 240.0
"""How long `publish` waits for a connected peer to confirm what it got, and how much longer for each entry: a busy
machine takes 0.1 to 0.2 s to verify one and write it down. Who has asked the node to publish waits for 300 s."""

GOSSIP_BURST = 8
"""Entries of one publication that are gossiped one by one; of more, sync carries them and the last one is gossiped."""

GOSSIP_HEAD_START = 0.1
"""Seconds that gossip has before `publish` asks its peers what they know: earlier they would be sent what is on its way
already, and the answers would hold up the gossip."""
