import { formatEndpoint } from '../config/endpoint.ts'
import { problemAt } from '../config/issues.ts'
import type { Configuration } from '../config/load.ts'
import type { Checked, Path, Problem } from '../config/problem.ts'
import { openSmtpServer, type SmtpServerOptions } from '../smtp/server.ts'
import type { SmtpServer } from '../smtp/smtp-server.ts'

/** What one of several processes is given by their primary. */
export interface Edge {
  /** Bound to the addresses of `listen:`, in their order. */
  readonly sockets?: readonly object[]
  readonly ticketKeys?: Buffer
}

type Rest = Pick<SmtpServerOptions, 'gateway' | 'users' | 'store' | 'log'> & Edge

/** Opens the listeners of a configuration. An address that cannot be had is a problem at its place in the file. */
export async function listen(configuration: Configuration, { sockets, ...rest }: Rest): Promise<Checked<SmtpServer>> {
  const { hostname, limits, tls } = configuration
  const listeners = configuration.listen.map(({ address, as, tls, proxyProtocol, xclient }, index) => ({
    address: address.host,
    port: address.port,
    as,
    proxyProtocol,
    xclient,
    ...(sockets?.[index] && { socket: sockets[index] }),
    ...(tls === 'implicit' && { tls }),
  }))
  try {
    return { value: await openSmtpServer({ ...rest, hostname, listeners, limits, ...(tls && { tls }) }) }
  } catch (error) {
    return { problems: [listenProblem(configuration.document, error, placeIn(configuration))] }
  }
}

/** Where an address stands in the file. */
export function placeIn({ listen }: Configuration): (host?: string, port?: number) => Path {
  return (host, port) => {
    const index = listen.findIndex(({ address }) => address.host === host && address.port === port)
    return index === -1 ? ['listen'] : ['listen', index, 'address']
  }
}

const troubles: Readonly<Record<string, readonly [expected: string, found: string]>> = {
  EADDRINUSE: ['an address that is free', 'which another program listens on'],
  EACCES: ['an address that we may listen on', 'which needs rights that we do not have (CAP_NET_BIND_SERVICE)'],
  EADDRNOTAVAIL: ['an address of this machine', 'which is none'],
  ENOTFOUND: ['an address of this machine', 'which has no address'],
}

/** Why an address cannot be listened on. `placeOf` says where it stands in the file. */
export function listenProblem(
  document: Configuration['document'],
  error: unknown,
  placeOf: (host?: string, port?: number) => Path,
): Problem {
  // Node tells with what it could not do where it could not do it.
  const {
    code = '',
    address,
    port,
    message,
  }: NodeJS.ErrnoException & { readonly address?: string; readonly port?: number } = error instanceof Error
    ? error
    : new Error(String(error))
  const [expected, found] = troubles[code] ?? ['addresses that we can listen on', message]
  const text = address === undefined ? found : `${formatEndpoint({ host: address, port: port ?? 0 })}, ${found}`
  return problemAt(document, placeOf(address, port), expected, text)
}
