import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Dns } from '../engine/dns.ts'
import { type Families, findAddresses } from './host-addresses.ts'
import { parseStsPolicy, type StsPolicy } from './sts-policy.ts'
import { type TlsFailure, tlsFailure } from './tls-failure.ts'

/** How policies are fetched. */
export interface StsFetching {
  readonly dns: Dns
  readonly families: Families
  /** The authorities that a policy host's certificate must come from. */
  readonly trust: () => SecureContext
  /** 443, but in tests. */
  readonly port?: number
  /** For all of it; a minute unless told (RFC 8461, 3.3). */
  readonly deadlineMs?: number
}

/** Why there is no policy. */
export interface StsTrouble {
  readonly code: TlsFailure
  readonly detail: string
}

const mostBytes = 64 * 1024

/** Fetches the policy of a domain over HTTPS from a host that proves its name; nobody is followed elsewhere (RFC 8461, 3.3). */
export async function fetchStsPolicy(domain: string, fetching: StsFetching): Promise<StsPolicy | StsTrouble> {
  const url = `https://mta-sts.${domain}/.well-known/mta-sts.txt`
  try {
    const text = await get(url, optionsFor(domain, fetching))
    const policy = parseStsPolicy(text)
    return typeof policy === 'string' ? { code: 'sts-policy-invalid', detail: `${url}: ${policy}` } : policy
  } catch (error) {
    return { code: codeOf(error), detail: `${url}: ${error instanceof Error ? error.message : error}` }
  }
}

type Options = RequestOptions & { readonly secureContext: SecureContext }

function optionsFor(domain: string, fetching: StsFetching): Options {
  const { dns, families, trust, port = 443, deadlineMs = 60_000 } = fetching
  return {
    port,
    lookup: lookupBy(dns, families),
    secureContext: trust(),
    agent: false,
    servername: `mta-sts.${domain}`,
    headers: { host: `mta-sts.${domain}`, accept: 'text/plain', connection: 'close' },
    signal: AbortSignal.timeout(deadlineMs),
  }
}

function get(url: string, options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, options, response => read(response).then(resolve, reject))
      .on('error', reject)
      .end()
  })
}

async function read(response: IncomingMessage): Promise<string> {
  try {
    const type = response.headers['content-type'] ?? 'no type'
    if (response.statusCode !== 200) throw new Error(`expected status 200, found ${response.statusCode}`)
    if (!/^text\/plain\s*(?:;|$)/i.test(type)) throw new Error(`expected text/plain, found ${type.slice(0, 80)}`)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of response) {
      bytes += chunk.length
      if (bytes > mostBytes) throw new Error(`more than ${mostBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    response.destroy()
  }
}

/** The policy host is looked up where all else is. */
function lookupBy(dns: Dns, families: Families): LookupFunction {
  return (host, options, callback) => {
    void findAddresses(dns, host, families).then(({ addresses, trouble }) => {
      const all = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
      const [first] = all
      if (!first) callback(new Error(trouble ?? `${host} has no address`), '', 0)
      else if (options.all) callback(null, all)
      else callback(null, first.address, first.family)
    })
  }
}

/** A policy host whose certificate is wrong is one thing to its owner, one that cannot be reached another. */
function codeOf(error: unknown): TlsFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const isCertificate = code !== undefined && tlsFailure(code) !== 'validation-failure'
  return isCertificate ? 'sts-webpki-invalid' : 'sts-policy-fetch-error'
}
