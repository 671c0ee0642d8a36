import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A recursive name server that we ask. */
export interface Server {
  readonly text: string
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
  readonly loopback: boolean
}

const DNS_PORT = 53

/** Parses `127.0.0.1:53`, `[::1]:53`, or an address alone, which means port 53; `undefined` for anything else. */
export function parseServer(text: string): Server | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? text
  const port = digits === undefined ? DNS_PORT : Number(digits)
  const family = isIP(address)
  if (family !== 4 && family !== 6) return undefined
  if ((bracketed !== undefined && family !== 6) || port < 1 || port > 65_535) return undefined
  const loopback = ipaddr.process(address).range() === 'loopback'
  return { text, address, port, family, loopback }
}

/** The name servers of this machine, in the form of our configuration: 127.0.0.1 where resolv.conf names none. */
export async function readSystemServers(path = '/etc/resolv.conf'): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const named = [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map(([, address = '']) => address)
  const servers = named.filter(address => parseServer(address))
  return servers.length > 0 ? servers : ['127.0.0.1:53']
}
