import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What a test of a real peer takes, and the Debian package that has it. */
const packages = {
  dovecot: 'dovecot-core dovecot-lmtpd dovecot-imapd dovecot-pop3d',
  authres: 'python3-authres',
  dkim: 'python3-dkim',
  exim4: 'exim4-daemon-light',
  ip: 'iproute2',
  'ldns-keygen': 'ldnsutils',
  'ldns-signzone': 'ldnsutils',
  msmtp: 'msmtp',
  nmap: 'nmap',
  nsd: 'nsd',
  opendkim: 'opendkim',
  openssl: 'openssl',
  postfix: 'postfix',
  'posttls-finger': 'postfix',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  's-nail': 's-nail',
  rspamd: 'rspamd',
  swaks: 'swaks',
  dig: 'bind9-dnsutils',
  unbound: 'unbound',
} as const

export type Program = keyof typeof packages

/**
 * For the `skip` of a test: why it cannot run here, or false when it can. Where `CI` is set nothing is skipped: there
 * a peer that is missing is a failure.
 */
export function needs(...programs: readonly (Program | 'root')[]): string | false {
  const missing = programs.flatMap(program => lack(program) ?? [])
  if (missing.length === 0) return false
  const reason = `needs ${missing.join(' and ')}`
  if (process.env.CI) throw new Error(`This test ${reason}`)
  return reason
}

function lack(program: Program | 'root'): string | undefined {
  if (program === 'root') return process.getuid?.() === 0 ? undefined : 'root'
  const isThere = program === 'authres' || program === 'dkim' ? isPythonModule(program) : isProgram(pathOf(program))
  return isThere ? undefined : `the Debian package ${packages[program]}`
}

/** The Python of Debian's packages, whichever else there is. */
export const python = '/usr/bin/python3'

function isPythonModule(name: string): boolean {
  return spawnSync(python, ['-c', `import ${name}`]).status === 0
}

/** Where a program is. Exim, which excludes Postfix as a package, may be in a folder of its own: `EXIM` says where. */
export function pathOf(program: Program): string {
  if (program === 'exim4' && process.env.EXIM) return process.env.EXIM
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map(folder => join(folder, program)).find(isProgram) ?? program
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return path.startsWith('/')
  } catch {
    return false
  }
}
