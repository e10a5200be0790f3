// A node of js-libp2p. It knows of the marketplace what docs/p2p.md tells: the DHT's protocol, the topic, and the service of
// the local network. Run as `node peer.mjs [--local]`; then it takes requests on port 4702, a JSON object in a line each.

import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { kadDHT } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import dgram from 'node:dgram'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { createInterface } from 'node:readline'

const TOPIC = '/ggen/market/packages/1'
const local = process.argv.includes('--local')

// A room has no default route, by which the library would choose where to send to everybody.
const mine = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)
const choose = dgram.Socket.prototype.setMulticastInterface
dgram.Socket.prototype.setMulticastInterface = function () {
  choose.call(this, mine.address)
}

const node = await createLibp2p({
  addresses: { listen: ['/ip4/0.0.0.0/tcp/4701'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  peerDiscovery: local ? [mdns({ serviceTag: '_ggen-market._udp.local', interval: 1000 })] : [],
  services: {
    identify: identify(),
    ping: ping({ maxOutboundStreams: 8 }), // the DHT pings whom it comes to know, while we do
    // a client: what it says of providers others have told it; private addresses are all that there are
    dht: kadDHT({
      protocol: '/ggen/kad/1.0.0',
      clientMode: true,
      peerInfoMapper: (info) => info,
      validators: { ggen: async () => {} },
      selectors: { ggen: () => 0 }
    }),
    pubsub: gossipsub()
  }
})

const identified = {}
const discovered = {}
const heard = []
node.addEventListener('peer:identify', ({ detail }) => {
  identified[detail.peerId.toString()] = detail.protocols
})
node.addEventListener('peer:discovery', ({ detail }) => {
  discovered[detail.id.toString()] = detail.multiaddrs.map(String)
})
node.services.pubsub.addEventListener('message', ({ detail }) => {
  heard.push({ topic: detail.topic, data: Buffer.from(detail.data).toString('base64') })
})
node.services.pubsub.subscribe(TOPIC)

async function providers (digest) {
  const cid = CID.createV1(0x55, Digest.create(0x12, Buffer.from(digest, 'hex')))
  const found = []
  for await (const event of node.services.dht.findProviders(cid, { signal: AbortSignal.timeout(25_000) })) {
    if (event.name === 'PROVIDER') {
      found.push(...event.providers.map((provider) => ({ id: provider.id.toString(), from: event.from.toString() })))
    }
  }
  return found
}

async function record (key) {
  for await (const event of node.services.dht.get(Buffer.from(key), { signal: AbortSignal.timeout(25_000) })) {
    if (event.name === 'VALUE') {
      return Buffer.from(event.value).toString('base64')
    }
  }
  return null
}

const answers = {
  tell: async () => ({
    id: node.peerId.toString(),
    connected: node.getPeers().map(String),
    mesh: node.services.pubsub.getMeshPeers(TOPIC).map(String),
    identified,
    discovered,
    heard
  }),
  dial: async ({ address }) => {
    await node.dial(multiaddr(address))
    return { milliseconds: await node.services.ping.ping(multiaddr(address)) }
  },
  providers: async ({ digest }) => ({ providers: await providers(digest) }),
  record: async ({ key }) => ({ record: await record(key) })
}

createServer((socket) => {
  socket.on('error', () => socket.destroy())
  createInterface({ input: socket }).on('line', async (line) => {
    const request = JSON.parse(line)
    const answer = await answers[request.do](request).catch((error) => ({ error: String(error) }))
    socket.write(JSON.stringify(answer) + '\n')
  })
}).listen(4702)
