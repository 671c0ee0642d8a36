import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { PeerCheck } from '../relay/client-connection.ts'
import type { Trouble } from '../relay/server-reply.ts'
import { type DaneDemand, matchDane } from './dane-match.ts'
import { tlsFailure } from './tls-failure.ts'

const mostCertificates = 10

/** The certificate must be what the TLSA records ask for. */
export function daneCheck(demand: DaneDemand): PeerCheck {
  return socket => {
    const chain = shownChain(socket)
    const mismatch = matchDane(chain, demand)
    return mismatch && strange(`DANE: ${mismatch.detail}`, mismatch.code, chain)
  }
}

/** The certificate must be valid for the name of the server, by an authority that this machine trusts (RFC 8461, 4.2). */
export const webPkiCheck: PeerCheck = socket => {
  if (socket.authorized) return undefined
  const code = String(socket.authorizationError ?? 'no certificate')
  return strange(`MTA-STS: ${code}`, tlsFailure(code), shownChain(socket))
}

/** The same check, of which nothing follows but a report: MTA-STS in testing. */
export function tolerant(check: PeerCheck): PeerCheck {
  return socket => {
    const trouble = check(socket)
    return trouble && { ...trouble, isTolerated: true }
  }
}

function strange(why: string, code: string, chain: readonly X509Certificate[]): Trouble {
  const shown = chain.map(({ subject, validTo }) => `${oneLine(subject)} until ${validTo}`).join(', issued by ')
  return { trouble: 'tls', detail: `${why} (shown: ${shown || 'nothing'})`, code }
}

function oneLine(name: string | undefined): string {
  return (name ?? 'no name').replaceAll('\n', ' ').slice(0, 200)
}

/** What the server has sent, its own certificate first. */
function shownChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let at = socket.getPeerX509Certificate(); at && chain.length < mostCertificates; at = at.issuerCertificate) chain.push(at)
  return chain
}
