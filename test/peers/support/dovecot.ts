import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../fixtures/free-port.ts'
import { peerFolder, removeFolder } from './folder.ts'
import { pathOf } from './needs.ts'
import { untilListening } from './wait.ts'

/** Debian's user without rights. Dovecot wants to be root or nobody in particular; mail must not belong to root. */
const nobody = { name: 'nobody', group: 'nogroup', id: 65534 } as const

/** A Dovecot of our own: alice and bob @our.example, password `secret`; bob's quota is 64 KB. */
export interface Dovecot {
  readonly lmtp: number
  /** The same over a unix socket. */
  readonly lmtpPath: string
  readonly imap: number
  readonly pop3: number
  /** The unix socket of its auth service, for clients. */
  readonly authPath: string
  stop(): Promise<void>
}

export async function startDovecot(): Promise<Dovecot> {
  const folder = await peerFolder('dovecot')
  const ports = { lmtp: await freePort(), imap: await freePort(), pop3: await freePort() }
  for (const name of ['run', 'state', 'mail']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'users'), users)
  await writeFile(join(folder, 'dovecot.conf'), configuration(folder, ports))
  const isRoot = process.getuid?.() === 0
  for (const name of isRoot ? ['.', 'run', 'state', 'mail'] : []) await chown(join(folder, name), nobody.id, nobody.id)
  const identity = isRoot ? { uid: nobody.id, gid: nobody.id } : {}
  const child = spawn(pathOf('dovecot'), ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'inherit', ...identity })
  await Promise.all(Object.entries(ports).map(([service, port]) => untilListening(`Dovecot's ${service}`, port)))
  return {
    ...ports,
    lmtpPath: join(folder, 'run/lmtp'),
    authPath: join(folder, 'run/auth-client'),
    stop: () => stop(child, folder),
  }
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null) await once(child, 'exit')
  await removeFolder(folder)
}

const users = `alice@our.example:{PLAIN}secret::::::
bob@our.example:{PLAIN}secret::::::userdb_quota_rule=*:storage=64k
`

function configuration(folder: string, ports: Pick<Dovecot, 'lmtp' | 'imap' | 'pop3'>): string {
  const { name, group } =
    process.getuid?.() === 0 ? nobody : { name: String(process.getuid?.()), group: String(process.getgid?.()) }
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
default_internal_user = ${name}
default_internal_group = ${group}
default_login_user = ${name}
protocols = imap lmtp pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${folder}/mail/%n
mail_uid = ${name}
mail_gid = ${group}
first_valid_uid = 1
mail_plugins = $mail_plugins quota
plugin {
  quota = maildir:User quota
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%u ${folder}/users
  default_fields = uid=${name} gid=${group} home=${folder}/mail/%n
}
service anvil {
  chroot =
}
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
${listener('imap', ports.imap)}
${listener('imaps', 0)}
}
service pop3-login {
  chroot =
${listener('pop3', ports.pop3)}
${listener('pop3s', 0)}
}
service lmtp {
${listener('lmtp', ports.lmtp)}
}
`
}

function listener(name: string, port: number): string {
  return `  inet_listener ${name} {\n    port = ${port}\n  }`
}
