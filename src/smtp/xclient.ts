import { isIP } from 'node:net'
import { parseDomain } from '../mail/address.ts'
import { canonicalAddress } from '../mail/network.ts'
import { decodeXtext } from './xtext.ts'

/** What a trusted proxy tells about the client it speaks for. Undefined is what it did not mention, null what it does not know. */
export interface XclientAttributes {
  readonly ip?: string | null
  readonly port?: number | null
  readonly helo?: string | null
}

/**
 * Known attributes and what their values must be. Only ADDR, PORT and HELO are used: names we look up ourselves,
 * and an account is one that has authenticated with us.
 */
const readers: Readonly<Record<string, (value: string) => boolean>> = {
  ADDR: value => parseIp(value) !== undefined,
  PORT: isPort,
  NAME: value => parseDomain(value) !== undefined,
  HELO: value => /^[\x21-\x7e]{1,255}$/.test(value),
  PROTO: value => /^E?SMTP$/i.test(value),
  LOGIN: value => value.length <= 255,
  DESTADDR: value => parseIp(value) !== undefined,
  DESTPORT: isPort,
}

/** Reads Postfix's XCLIENT command. Undefined when any of it is malformed: a proxy is believed as a whole or not at all. */
export function readXclient(line: string): XclientAttributes | undefined {
  const [, ...parts] = line.trimEnd().split(/ +/)
  const given = new Map<string, string | null>()
  for (const part of parts) {
    const attribute = readAttribute(part)
    if (!attribute) return undefined
    given.set(...attribute)
  }
  return given.size ? attributesOf(given) : undefined
}

function readAttribute(part: string): [string, string | null] | undefined {
  const equals = part.indexOf('=')
  const name = part.slice(0, equals).toUpperCase()
  const value = decodeXtext(part.slice(equals + 1))
  const isValid = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (equals < 1 || !isValid || value === undefined) return undefined
  if (/^\[(?:TEMP)?UNAVAIL(?:ABLE)?\]$/i.test(value)) return [name, null]
  return isValid(value) ? [name, value] : undefined
}

function attributesOf(given: ReadonlyMap<string, string | null>): XclientAttributes {
  const [ip, port, helo] = ['ADDR', 'PORT', 'HELO'].map(name => given.get(name))
  return {
    ...(ip !== undefined && { ip: ip === null ? null : (parseIp(ip) ?? null) }),
    ...(port !== undefined && { port: port === null ? null : Number(port) }),
    ...(helo !== undefined && { helo }),
  }
}

function parseIp(value: string): string | undefined {
  const ip = value.replace(/^IPV6:/i, '')
  return isIP(ip) ? canonicalAddress(ip) : undefined
}

function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535
}
