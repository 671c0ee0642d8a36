import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { has } from '../native.ts'
import type { Peer, Place } from '../peer.ts'

/** Postfix's smtpd handing on each message before it answers (SMTPD_PROXY_README): the nearest thing to a synchronous relay. */
export const postfixPeers: readonly Peer[] = [
  {
    name: 'postfix-proxy',
    title: 'Postfix relaying with smtpd_proxy_filter',
    floor: 'node-min-relay',
    missing() {
      if (!has('postfix')) return 'not installed: apt-get install postfix'
      return process.getuid?.() === 0 ? undefined : 'it must be started by root'
    },
    command: place => ({ file: 'postfix', args: ['-c', makeInstance(place), 'start-fg'] }),
  },
]

const services = `postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
`

/** As open and as quiet as it can be: nobody but the bench can reach it. */
const settings = {
  compatibility_level: 3.6,
  command_directory: '/usr/sbin',
  daemon_directory: '/usr/lib/postfix/sbin',
  mail_owner: 'postfix',
  setgid_group: 'postdrop',
  myhostname: 'mx.bench.example',
  mydestination: '',
  inet_interfaces: '127.0.0.1',
  inet_protocols: 'ipv4',
  mynetworks: '127.0.0.0/8',
  smtpd_relay_restrictions: 'permit_mynetworks, reject',
  smtpd_client_connection_count_limit: 0,
  disable_dns_lookups: 'yes',
  message_size_limit: 52_428_800,
  default_process_limit: 300,
  alias_maps: '',
  alias_database: '',
  local_recipient_maps: '',
  local_transport: 'error:none',
  smtpd_tls_security_level: 'none',
  smtputf8_enable: 'no',
}

/** Makes an instance of its own below the folder, and leaves the one of the system alone; returns its configuration folder. */
function makeInstance({ folder, port, sinkPort }: Place): string {
  const [etc, spool, data, log] = ['etc', 'spool', 'data', 'log'].map(name => join(folder, name))
  if (!etc || !spool || !data || !log) throw new Error('four folders')
  for (const path of [etc, spool, data, log]) mkdirSync(path)
  chmodSync(folder, 0o755)
  chownSync(data, userId('postfix'), -1)
  const own = { queue_directory: spool, data_directory: data, maillog_file: join(log, 'maillog'), maillog_file_prefixes: folder }
  writeFileSync(
    join(etc, 'main.cf'),
    Object.entries({ ...settings, ...own })
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  )
  const smtpd = `127.0.0.1:${port} inet n - n - - smtpd\n  -o smtpd_proxy_filter=127.0.0.1:${sinkPort} -o smtpd_authorized_xforward_hosts=\n`
  writeFileSync(join(etc, 'master.cf'), smtpd + services)
  return etc
}

function userId(name: string): number {
  const [, id] = new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  return Number(id)
}
