import type { Peer } from '../peer.ts'

/** No relay at all: what generator and sink cost between themselves, and what a relay adds to. */
export const sinkPeer: Peer = {
  name: 'direct',
  title: 'the sink itself, without a relay',
  keeps: true,
  command: ({ port, native }) => ({ file: native, args: ['sink', '-p', String(port)] }),
}
