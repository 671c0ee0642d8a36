import { chown, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../fixtures/free-port.ts'
import { peerFolder, removeFolder } from './folder.ts'
import { pathOf } from './needs.ts'
import { mustRun } from './run.ts'
import { until, untilListening } from './wait.ts'

/** A second instance of Postfix that keeps mail for alice and bob @our.example in Maildirs, and takes XCLIENT from us. */
export interface Postfix {
  readonly port: number
  /** The message that was delivered to a mailbox, once there is one: with LF line ends, as Postfix keeps it. */
  delivered(mailbox: string): Promise<Buffer>
  /** The folder of a mailbox's new messages. */
  newMail(mailbox: string): string
  /** How many messages a mailbox has. */
  count(mailbox: string): Promise<number>
  log(): Promise<string>
  /** The processes of one of its daemons, `smtpd` or `cleanup`, as far as they run. */
  daemons(name: string): Promise<number[]>
  stop(): Promise<void>
}

const nobody = 65534

export async function startPostfix(): Promise<Postfix> {
  const folder = await peerFolder('postfix')
  const port = await freePort()
  for (const name of ['etc', 'data', 'spool', 'mail']) await mkdir(join(folder, name))
  await mustRun('chown', ['postfix', join(folder, 'data')])
  await chown(join(folder, 'mail'), nobody, nobody)
  await configure(folder, port)
  const etc = join(folder, 'etc')
  await mustRun(pathOf('postfix'), ['-c', etc, 'start'])
  await untilListening('Postfix', port)
  return {
    port,
    delivered: mailbox => until(`a message for ${mailbox} in Postfix`, () => firstMessage(newMail(folder, mailbox))),
    newMail: mailbox => newMail(folder, mailbox),
    count: async mailbox => (await readdir(newMail(folder, mailbox)).catch(() => [])).length,
    log: () => readFile(join(folder, 'data/maillog'), 'utf8'),
    daemons: name => childrenOf(join(folder, 'spool/pid/master.pid'), name),
    stop: async () => {
      await mustRun(pathOf('postfix'), ['-c', etc, 'stop'])
      await removeFolder(folder)
    },
  }
}

function newMail(folder: string, mailbox: string): string {
  return join(folder, 'mail', mailbox, 'new')
}

async function firstMessage(folder: string): Promise<Buffer | undefined> {
  const [name] = await readdir(folder).catch(() => [])
  return name === undefined ? undefined : readFile(join(folder, name))
}

async function childrenOf(pidFile: string, name: string): Promise<number[]> {
  const master = (await readFile(pidFile, 'utf8')).trim()
  const children = (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).trim().split(' ').map(Number)
  const names = await Promise.all(children.map(pid => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')))
  return children.filter((_, index) => names[index]?.trim() === name)
}

async function configure(folder: string, port: number): Promise<void> {
  const etc = join(folder, 'etc')
  await writeFile(join(etc, 'main.cf'), mainConfiguration(folder))
  await copyFile('/usr/share/postfix/master.cf.dist', join(etc, 'master.cf'))
  const postconf = (...args: string[]) => mustRun('postconf', ['-c', etc, ...args])
  await postconf('-MX', 'smtp/inet')
  await postconf('-M', `${port}/inet=${port} inet n - n - - smtpd`)
  await postconf('-M', 'postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd')
  await postconf('-F', '*/*/chroot=n')
}

function mainConfiguration(folder: string): string {
  return `compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.our.example
message_size_limit = 50000000
service_throttle_time = 1s
mydestination =
virtual_mailbox_domains = our.example
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = inline:{ alice@our.example=alice/, bob@our.example=bob/ }
virtual_uid_maps = static:${nobody}
virtual_gid_maps = static:${nobody}
default_transport = error:nothing leaves this machine
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_authorized_xforward_hosts = 127.0.0.0/8
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtputf8_enable = yes
maillog_file = ${folder}/data/maillog
maillog_file_prefixes = ${folder}
biff = no
alias_maps =
alias_database =
local_recipient_maps =
`
}
