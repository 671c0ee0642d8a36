import { blocklists } from '../zone.ts'
import { verifyDkim } from './dkim.ts'
import { type Ask, openDns } from './dns.ts'
import type { Mail } from './session.ts'

/**
 * What Postern's policies have to find out, for the happy path: confirmed reverse DNS and three blocklists when a client
 * comes, SPF, DKIM and DMARC when a message has come. Answers are not remembered.
 */
export function policy() {
  const ask = openDns({ address: process.env.DNS_ADDRESS ?? '', port: Number(process.env.DNS_PORT) })
  return {
    /** Whether the client is in a blocklist. */
    async connect(ip: string): Promise<boolean> {
      const reversed = ip.split('.').reverse().join('.')
      const [names, ...listings] = await Promise.all([
        ask(`${reversed}.in-addr.arpa`, 'PTR'),
        ...blocklists.map(zone => ask(`${reversed}.${zone}`, 'A')),
      ])
      if (names[0] !== undefined) await ask(names[0], 'A')
      return listings.some(codes => codes.length > 0)
    },

    /** The message with what was found on top; nothing when it is to be refused. */
    async message(ip: string, mail: Mail): Promise<Mail | undefined> {
      const content = mail.content.length === 1 ? mail.content[0] : Buffer.concat(mail.content)
      const domain = /@([^>]*)>/.exec(mail.from)?.[1] ?? ''
      if (!content) return undefined
      const [spf, dkim, [dmarc = '']] = await Promise.all([
        checkSpf(ip, domain, ask),
        verifyDkim(content, ask),
        ask(`_dmarc.${domain}`, 'TXT'),
      ])
      const passes = spf === 'pass' || (dkim.result === 'pass' && dkim.domain === domain)
      if (!passes && dmarc.includes('p=reject')) return undefined
      const found = `dkim=${dkim.result} header.d=${dkim.domain}; spf=${spf} smtp.mailfrom=${domain}; dmarc=${passes ? 'pass' : 'fail'}`
      return { ...mail, content: [Buffer.from(`Authentication-Results: min; ${found}\r\n`), content] }
    },
  }
}

/** RFC 7208, as far as ip4, include and all. */
async function checkSpf(ip: string, domain: string, ask: Ask, depth = 0): Promise<string> {
  const record = (await ask(domain, 'TXT')).find(text => text.startsWith('v=spf1'))
  if (record === undefined) return 'none'
  for (const term of record.split(' ').slice(1)) {
    if (term.startsWith('ip4:') && isIn(ip, term.slice(4))) return 'pass'
    if (term.startsWith('include:') && depth < 5 && (await checkSpf(ip, term.slice(8), ask, depth + 1)) === 'pass') return 'pass'
    if (term === '-all') return 'fail'
    if (term === '~all') return 'softfail'
  }
  return 'neutral'
}

function isIn(ip: string, network: string): boolean {
  const [first = '', bits = '32'] = network.split('/')
  const size = 2 ** (32 - Number(bits))
  return Math.floor(asNumber(ip) / size) === Math.floor(asNumber(first) / size)
}

function asNumber(ip: string): number {
  return ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}
