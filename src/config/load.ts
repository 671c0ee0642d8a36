import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { checkCertificate } from './certificate.ts'
import { checkAccounts } from './check-accounts.ts'
import { crossCheck } from './cross-checks.ts'
import { parseDocument, type SourceDocument } from './document.ts'
import type { ConfigurationSource } from './find.ts'
import { check } from './issues.ts'
import { checkPasswords, withAbsoluteFiles } from './outbound-passwords.ts'
import { defaultRulesFile } from './policies.ts'
import type { Checked, Problem } from './problem.ts'
import { type Ours, type PlannedRule, planRules } from './rule-list.ts'
import { configurationSchema, type Settings } from './schema.ts'
import { readSigningSecrets } from './signing-keys.ts'

/** A configuration without a fault: what everything else is built from. Its paths are absolute. */
export interface Configuration extends Omit<Settings, 'rules'> {
  readonly rules: readonly PlannedRule[]
  /** Where relative paths start. */
  readonly folder: string
  /** Where it stands, for problems that show only when it is put to use. */
  readonly document: SourceDocument
}

/** Reads a configuration and checks all of it: every problem is told at once. */
export async function loadConfiguration({ file, folder, text }: ConfigurationSource): Promise<Checked<Configuration>> {
  const parsed = parseDocument(file, text)
  if ('problems' in parsed) return parsed
  const document = parsed.value
  const checked = check({ document, at: [], schema: configurationSchema })
  const settings = 'value' in checked ? absolute(checked.value, folder) : undefined
  const rules = await loadRules(document, folder, settings ? ours(settings) : { ownNames: [], ownDomains: [] })
  const problems = [
    ...('problems' in checked ? checked.problems : []),
    ...(settings ? await checkSettings(document, settings) : []),
    ...('problems' in rules ? rules.problems : []),
  ]
  if (problems.length > 0 || !settings || 'problems' in rules) return { problems: inOrder(problems) }
  return { value: { ...settings, rules: rules.value, folder, document } }
}

function absolute(settings: Settings, folder: string): Settings {
  const { data, tls, outbound, submission, sign, arc, srs } = settings
  const { accounts } = submission
  const inFolder = <T extends { readonly key: string }>(each: T) => ({ ...each, key: resolve(folder, each.key) })
  return {
    ...settings,
    ...(accounts.file !== undefined && {
      submission: { ...submission, accounts: { ...accounts, file: resolve(folder, accounts.file) } },
    }),
    data: resolve(folder, data),
    outbound: withAbsoluteFiles(outbound, folder),
    ...(tls && { tls: { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) } }),
    ...(sign && { sign: Object.fromEntries(Object.entries(sign).map(([domain, keys]) => [domain, keys.map(inFolder)])) }),
    ...(arc && { arc: inFolder(arc) }),
    ...(srs && { srs: { ...srs, secretFile: resolve(folder, srs.secretFile) } }),
  }
}

async function checkSettings(document: SourceDocument, settings: Settings): Promise<Problem[]> {
  const certificate = settings.tls ? await checkCertificate(document, settings.tls) : []
  const passwords = checkPasswords(document, settings.outbound)
  const secrets = await readSigningSecrets(document, settings)
  const problems = [...passwords, ...('problems' in secrets ? secrets.problems : [])]
  return [...crossCheck(document, settings), ...certificate, ...problems, ...(await checkAccounts(document, settings))]
}

/** The rules of the configuration; when it has none, those that come with Postern, which are in a file of their own. */
async function loadRules(document: SourceDocument, folder: string, ours: Ours): Promise<Checked<PlannedRule[]>> {
  const hasRules = typeof document.data === 'object' && document.data !== null && 'rules' in document.data
  if (hasRules) return planRules({ document, at: ['rules'], folder, ours })
  const defaults = parseDocument(defaultRulesFile, await readFile(defaultRulesFile, 'utf8'))
  if ('problems' in defaults) return defaults
  return planRules({ document: defaults.value, at: [], folder: dirname(defaultRulesFile), ours })
}

function ours({ hostname, listen, relay }: Settings): Ours {
  const everywhere = ['0.0.0.0', '::']
  const addresses = listen.map(({ address }) => address.host).filter(host => !everywhere.includes(host))
  return { ownNames: [...new Set([hostname, ...addresses])], ownDomains: Object.keys(relay) }
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
}
