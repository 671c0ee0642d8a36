import type { Peer } from './peer.ts'
import { floorPeers } from './peers/floor.ts'
import { harakaPeers } from './peers/haraka.ts'
import { posternPeers } from './peers/postern.ts'
import { postfixPeers } from './peers/postfix.ts'
import { sinkPeer } from './peers/sink.ts'

/** All that can be measured. */
export const peers: readonly Peer[] = [sinkPeer, ...floorPeers, ...posternPeers, ...harakaPeers, ...postfixPeers]
