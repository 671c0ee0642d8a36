import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { peerFolder, removeFolder } from './folder.ts'
import { inside } from './namespaces.ts'
import { pathOf } from './needs.ts'
import { mustRun } from './run.ts'
import { until } from './wait.ts'

/** Files with a certificate and its key. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A real mail server on port 25 that takes all mail for its domains, with STARTTLS. */
export interface MailServer {
  readonly log: () => Promise<string>
  /** Its messages, one after the other. */
  readonly mail: () => Promise<string>
  stop(): Promise<void>
}

export interface MailServerOptions {
  readonly namespace: string
  readonly address: string
  readonly name: string
  readonly domains: readonly string[]
  readonly certificate: Certificate
}

export async function startExim(options: MailServerOptions): Promise<MailServer> {
  const folder = await peerFolder('mx-exim')
  for (const name of ['spool', 'log', 'mail', 'tls']) await mkdir(join(folder, name))
  const certificate = await ownCopy(folder, options.certificate)
  const configuration = join(folder, 'exim.conf')
  await writeFile(configuration, eximConfiguration(folder, { ...options, certificate }))
  await mustRun('chown', ['-R', 'nobody:nogroup', folder])
  await mustRun('chown', ['root:root', configuration])
  const daemon = startDaemon(...inside(options.namespace, pathOf('exim4'), ['-C', configuration, '-bdf', '-oX', '25']))
  await untilListening(options, daemon)
  return {
    log: async () => daemon.output() + (await readFile(join(folder, 'log/mainlog'), 'utf8').catch(() => '')),
    mail: () => all(join(folder, 'mail', 'new')),
    stop: async () => {
      await daemon.stop()
      await removeFolder(folder)
    },
  }
}

export async function startMxPostfix(options: MailServerOptions): Promise<MailServer> {
  const folder = await peerFolder('mx-postfix')
  for (const name of ['etc', 'data', 'spool', 'mail', 'tls']) await mkdir(join(folder, name))
  await mustRun('chown', ['postfix', join(folder, 'data')])
  await mustRun('chown', ['nobody:nogroup', join(folder, 'mail')])
  const certificate = await ownCopy(folder, options.certificate)
  const etc = join(folder, 'etc')
  await writeFile(join(etc, 'main.cf'), postfixConfiguration(folder, { ...options, certificate }))
  await mustRun('cp', ['/usr/share/postfix/master.cf.dist', join(etc, 'master.cf')])
  const postconf = (...args: string[]) => mustRun('postconf', ['-c', etc, ...args])
  await postconf('-M', 'postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd')
  await postconf('-F', '*/*/chroot=n')
  const command = (verb: string) => mustRun(...inside(options.namespace, pathOf('postfix'), ['-c', etc, verb]))
  await command('start')
  await untilListening(options)
  return {
    log: () => readFile(join(folder, 'data/maillog'), 'utf8'),
    mail: () => all(join(folder, 'mail', 'all', 'new')),
    stop: async () => {
      await command('stop')
      await removeFolder(folder)
    },
  }
}

/** Servers that have given up root must be able to read their key. */
async function ownCopy(folder: string, { cert, key }: Certificate): Promise<Certificate> {
  const copy = { cert: join(folder, 'tls/cert.pem'), key: join(folder, 'tls/key.pem') }
  await mustRun('cp', [cert, copy.cert])
  await mustRun('cp', [key, copy.key])
  return copy
}

async function all(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => [])
  return (await Promise.all(names.toSorted().map(name => readFile(join(folder, name), 'utf8')))).join('\n')
}

function untilListening({ namespace, address, name }: MailServerOptions, daemon?: Daemon): Promise<true> {
  const said = () => (daemon ? `: ${daemon.output()}` : '')
  return until(`${name} on ${address}`, async () => {
    const sockets = await mustRun(...inside(namespace, 'ss', ['-ltn']))
    return sockets.includes(`${address}:25 `) ? true : undefined
  }).catch(error => {
    throw new Error(`${error.message}${said()}`)
  })
}

function eximConfiguration(folder: string, { address, name, domains, certificate }: MailServerOptions): string {
  return `exim_path = ${pathOf('exim4')}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
exim_user = nobody
exim_group = nogroup
never_users =
primary_hostname = ${name}
local_interfaces = ${address}
host_lookup =
keep_environment =
tls_advertise_hosts = *
tls_certificate = ${certificate.cert}
tls_privatekey = ${certificate.key}
log_selector = +tls_cipher +tls_sni +received_recipients
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
begin acl
check_rcpt:
  accept domains = ${domains.join(' : ')}
  deny message = relay not permitted
check_data:
  accept
begin routers
mailbox:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  create_directory
  user = nobody
  group = nogroup
begin retry
* * F,1h,5m
`
}

function postfixConfiguration(folder: string, { address, name, domains, certificate }: MailServerOptions): string {
  return `compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = ${name}
mydestination =
virtual_mailbox_domains = ${domains.join(' ')}
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
default_transport = error:nothing leaves this machine
inet_interfaces = ${address}
inet_protocols = ipv4
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_tls_cert_file = ${certificate.cert}
smtpd_tls_key_file = ${certificate.key}
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
maillog_file = ${folder}/data/maillog
maillog_file_prefixes = ${folder}
biff = no
alias_maps =
alias_database =
local_recipient_maps =
`
}
