import { keyExpected, readPrivateKey, type SigningKey } from '../signing/signing-key.ts'
import type { SrsOptions } from '../signing/srs.ts'
import type { SourceDocument } from './document.ts'
import { keyProblemAt, problemAt } from './issues.ts'
import { readPrivateFile } from './private-file.ts'
import type { Checked, Path, Problem } from './problem.ts'
import type { Settings } from './schema.ts'
import { domainName } from './signing.ts'

/** What is signed with, read from its files. */
export interface SigningSecrets {
  readonly keys: readonly SigningKey[]
  readonly sealing?: SigningKey
  readonly srs?: SrsOptions
}

/** Reads all keys and secrets of the configuration. The paths are absolute. */
export async function readSigningSecrets(
  document: SourceDocument,
  { sign = {}, arc, srs }: Pick<Settings, 'sign' | 'arc' | 'srs'>,
): Promise<Checked<SigningSecrets>> {
  const problems: Problem[] = [...repeated(document, sign)]
  const take = <T>(checked: Checked<T>): T | undefined => {
    if ('value' in checked) return checked.value
    problems.push(...checked.problems)
    return undefined
  }
  const keys: SigningKey[] = []
  for (const [text, list] of Object.entries(sign)) {
    for (const [index, { selector, key }] of list.entries()) {
      const about = { domain: domainName(text) ?? text, selector }
      const found = take(await readKey(document, ['sign', text, index, 'key'], { file: key, about }))
      if (found) keys.push(found)
    }
  }
  const sealing = arc && take(await readKey(document, ['arc', 'key'], { file: arc.key, about: arc }))
  const secrets = srs && take(await readSecrets(document, srs.secretFile))
  if (problems.length > 0) return { problems }
  return { value: { keys, ...(sealing && { sealing }), ...(srs && secrets && { srs: { ...srs, secrets } }) } }
}

interface KeyPlace {
  readonly file: string
  readonly about: Pick<SigningKey, 'domain' | 'selector'>
}

async function readKey(document: SourceDocument, at: Path, { file, about }: KeyPlace): Promise<Checked<SigningKey>> {
  const content = await readPrivateFile(file)
  if ('found' in content) return { problems: [problemAt(document, at, content.expected, content.found)] }
  const { domain, selector } = about
  const key = readPrivateKey(content.bytes)
  if (typeof key === 'string') return { problems: [problemAt(document, at, keyExpected, `${key} in ${file}`)] }
  return { value: { domain, selector, ...key } }
}

/** Less can be guessed by whoever has one of our addresses. */
const leastCharacters = 16

async function readSecrets(document: SourceDocument, file: string): Promise<Checked<readonly string[]>> {
  const at = ['srs', 'secretFile']
  const content = await readPrivateFile(file)
  if ('found' in content) return { problems: [problemAt(document, at, content.expected, content.found)] }
  const lines = content.bytes
    .toString()
    .split(/\r?\n/)
    .map(line => line.trim())
  const secrets = lines.filter(line => line !== '' && !line.startsWith('#'))
  const short = lines.findIndex(line => secrets.includes(line) && line.length < leastCharacters)
  const expected = `secrets of at least ${leastCharacters} characters, one a line`
  if (short !== -1)
    return { problems: [problemAt(document, at, expected, `${lines[short]?.length} characters in ${file}:${short + 1}`)] }
  return secrets.length > 0 ? { value: secrets } : { problems: [problemAt(document, at, expected, `none in ${file}`)] }
}

/** YAML refuses equal keys; these are equal only once their case, or their script, is the same. Two keys cannot have one name. */
function repeated(document: SourceDocument, sign: NonNullable<Settings['sign']>): Problem[] {
  const domains = new Set<string | undefined>()
  return Object.entries(sign).flatMap(([text, list]) => {
    const name = domainName(text)
    const again = domains.has(name) ? [keyProblemAt(document, ['sign', text], 'each domain once')] : []
    domains.add(name)
    const selectors = list.map(({ selector }) => selector)
    const twice = list.flatMap(({ selector }, index) =>
      selectors.indexOf(selector) < index
        ? [problemAt(document, ['sign', text, index, 'selector'], 'a selector for each key')]
        : [],
    )
    return [...again, ...twice]
  })
}
