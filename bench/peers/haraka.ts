import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { has } from '../native.ts'
import type { Peer, Place } from '../peer.ts'
import { cacheFolder } from '../place.ts'
import { blocklists } from '../zone.ts'

/** Where `npm install --prefix` puts the peers that npm has; another folder is named by BENCH_PEERS. */
const modules = join(process.env.BENCH_PEERS ?? join(cacheFolder, 'peers'), 'node_modules')
const haraka = join(modules, 'Haraka')

const relayPlugins = ['rcpt_to.in_host_list', 'queue/smtp_forward']
const policyPlugins = [
  'fcrdns',
  'dns-list',
  'helo.checks',
  'mail_from.is_resolvable',
  'spf',
  'rcpt_to.in_host_list',
  'headers',
  'dkim',
]

/** Haraka, with its own plug-ins. */
export const harakaPeers: readonly Peer[] = [
  {
    name: 'haraka-fwd',
    title: 'Haraka relaying with queue/smtp_forward',
    floor: 'node-min-relay',
    missing: notInstalled,
    command: place => command(place, relayPlugins),
  },
  {
    name: 'haraka-policy',
    title: 'Haraka with FCrDNS, 3 blocklists, SPF, DKIM (no DMARC), relaying',
    floor: 'node-min-policy',
    proxied: true,
    // It asks the name servers of the system.
    missing: () =>
      notInstalled() ?? (has('unshare') && process.getuid?.() === 0 ? undefined : 'it needs a resolver of its own: root'),
    command: place => ({
      ...command(place, [...policyPlugins, 'queue/smtp_forward']),
      ...(place.dns.resolver !== undefined && { resolver: place.dns.resolver }),
    }),
  },
]

function notInstalled(): string | undefined {
  return existsSync(haraka) ? undefined : 'not installed: npm install --prefix node_modules/.cache/bench/peers Haraka@3.3.4'
}

function command({ folder, port, sinkPort, nodeOptions }: Place, plugins: readonly string[]) {
  for (const name of ['config', 'queue', 'plugins']) mkdirSync(join(folder, name))
  symlinkSync(modules, join(folder, 'node_modules'))
  const connection = readFileSync(join(haraka, 'config/connection.ini'), 'utf8').replace(/^bytes=.*/m, 'bytes=52428800')
  const files: Readonly<Record<string, string>> = {
    'smtp.ini': `listen=127.0.0.1:${port}\n`,
    'log.ini': '[main]\nlevel=notice\nformat=default\n',
    'smtp_forward.ini': `host=127.0.0.1\nport=${sinkPort}\n`,
    'dns-list.ini': `[main]\n${blocklists.map(zone => `zones[]=${zone}\n`).join('')}search=all\n`,
    host_list: 'bench-rcpt.com\n',
    me: 'mx.bench.example\n',
    plugins: `${plugins.join('\n')}\n`,
    'connection.ini': plugins.includes('fcrdns') ? proxied(connection) : connection,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'config', name), text)
  return { file: process.execPath, args: [...nodeOptions, join(haraka, 'bin/haraka'), '-c', folder], cwd: folder }
}

/** Lets it believe the PROXY headers of 127.0.0.1. */
function proxied(connection: string): string {
  return connection.replace(/^; enabled=true/m, 'enabled=true').replaceAll(/^hosts\[\] =$/gm, 'hosts[] = 127.0.0.1')
}
