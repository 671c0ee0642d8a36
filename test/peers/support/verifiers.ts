import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathOf, python } from './needs.ts'
import { mustRun, run } from './run.ts'

/** The records of keys, by their names. */
export type KeyRecords = Readonly<Record<string, string>>

/** What OpenDKIM says of each signature of a message, in order: `pass rsa-sha256`. */
export async function verifyByOpendkim(folder: string, message: Buffer, records: KeyRecords): Promise<string[]> {
  const [file, keys, settings] = ['message.eml', 'keys', 'opendkim.conf'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(file, message)
  await writeFile(
    keys,
    Object.entries(records)
      .map(([name, record]) => `${name} ${record}\n`)
      .join(''),
  )
  await writeFile(settings, `Mode v\nTestPublicKeys ${keys}\nSyslog no\n`)
  const { output } = await run(pathOf('opendkim'), ['-x', settings, '-t', file, '-vv'])
  return [...output.matchAll(/dkim=(\w+)[^;]*header\.a=([\w-]+)/g)].map(([, result, algorithm]) => `${result} ${algorithm}`)
}

interface ByDkimpy {
  /** Whether each signature is valid. */
  readonly dkim: readonly boolean[]
  /** `pass`, `fail`, `none`, or `ended` when the last seal says that the chain is broken. */
  readonly arc: string
}

/** What dkimpy, with which the RFCs of ARC were tried out, says of messages. */
export async function verifyByDkimpy(messages: readonly Buffer[], records: KeyRecords): Promise<ByDkimpy[]> {
  const input = JSON.stringify({ messages: messages.map(message => message.toString('base64')), records })
  return JSON.parse(await mustRun(python, ['-c', verifier], { input }))
}

const verifier = `
import base64, dkim, json, sys
given = json.load(sys.stdin)
def dns(name, timeout=5):
    name = (name.decode() if isinstance(name, bytes) else name).rstrip('.')
    return given['records'].get(name, '').encode() or None
def read(message):
    def valid(index):
        try:
            return dkim.DKIM(message).verify(idx=index, dnsfunc=dns)
        except dkim.DKIMException:
            return False
    count = sum(1 for name, _ in dkim.rfc822_parse(message)[0] if name.lower() == b'dkim-signature')
    cv, _, _ = dkim.ARC(message).verify(dnsfunc=dns)
    return dict(dkim=[valid(index) for index in range(count)], arc=(cv or b'ended').decode())
print(json.dumps([read(base64.b64decode(each)) for each in given['messages']]))
`
