import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SourceDocument } from './document.ts'
import { fileTrouble } from './file-trouble.ts'
import { problemAt } from './issues.ts'
import type { OutboundRouteSettings, OutboundSettings } from './outbound.ts'
import type { Path, Problem } from './problem.ts'

const mostBytes = 4096
/** What others may do with the file, and what our group may but should not. */
const tooMuch = 0o027

/** A password, or what was found instead of one. */
type Password = { readonly password: string } | { readonly found: string }

/** The settings with the files of passwords where they are, seen from anywhere. */
export function withAbsoluteFiles(outbound: OutboundSettings, folder: string): OutboundSettings {
  const { routes, bySender, smarthost } = outbound
  const each = (all: Readonly<Record<string, OutboundRouteSettings>>) =>
    Object.fromEntries(Object.entries(all).map(([key, route]) => [key, absolute(route, folder)]))
  return {
    ...outbound,
    routes: each(routes),
    bySender: each(bySender),
    ...(smarthost && { smarthost: absolute(smarthost, folder) }),
  }
}

function absolute(route: OutboundRouteSettings, folder: string): OutboundRouteSettings {
  const { auth } = route
  if (auth?.passwordFile === undefined) return route
  return { ...route, auth: { ...auth, passwordFile: resolve(folder, auth.passwordFile) } }
}

/** Checks that all passwords can be read, and not by everybody. */
export function checkPasswords(document: SourceDocument, { routes, bySender, smarthost }: OutboundSettings): Problem[] {
  const all: (readonly [Path, OutboundRouteSettings])[] = [
    ...Object.entries(routes).map(([key, route]) => [['routes', key], route] as const),
    ...Object.entries(bySender).map(([key, route]) => [['bySender', key], route] as const),
    ...(smarthost ? [[['smarthost'], smarthost] as const] : []),
  ]
  return all.flatMap(([at, { auth }]) => {
    const password = auth && passwordOf(auth)
    if (!password || 'password' in password) return []
    const path = ['outbound', ...at, 'auth', 'passwordFile']
    return [
      problemAt(document, path, 'a file whose first line is a password, and that only we and our group may read', password.found),
    ]
  })
}

/** The password of an account. */
export function passwordOf({ password, passwordFile = '' }: NonNullable<OutboundRouteSettings['auth']>): Password {
  if (password !== undefined) return { password }
  try {
    const { mode, size } = statSync(passwordFile)
    if (mode & tooMuch) return { found: `${passwordFile} with mode ${(mode & 0o777).toString(8)}` }
    if (size > mostBytes) return { found: `${passwordFile}, which is larger than ${mostBytes} bytes` }
    const [line = ''] = readFileSync(passwordFile, 'utf8').split(/\r?\n/, 1)
    return line === '' ? { found: `${passwordFile}, whose first line is empty` } : { password: line }
  } catch (error) {
    return { found: fileTrouble(passwordFile, error) }
  }
}
