import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../peers/support/wait.ts'
import { certificateName, secured } from '../smtp/tls-client.ts'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { send } from './stage/sender.ts'
import { at } from './stage/stage.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/tls')
const inUse = { cert: join(fixtures, 'test-only.pem'), key: join(fixtures, 'test-only.key') }
const renewed = { cert: join(fixtures, 'test-only-renewed.pem'), key: join(fixtures, 'test-only-renewed.key') }

/** A certificate that is renewed badly: the old one stays, the log says why, and the mended one is taken without a restart. */
export const certificateBroken: Drill = {
  name: 'certificate-broken',
  run: async stage => {
    const files = { cert: stage.path('mx.pem'), key: stage.path('mx.key') }
    const put = async ({ cert, key }: typeof inUse) => {
      await copyFile(key, files.key)
      await copyFile(cert, files.cert)
    }
    await put(inUse)
    const hop = await stage.hop()
    const { postern, port } = await stage.postern({
      relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } },
      tls: files,
    })
    const whole = await readFile(renewed.cert, 'utf8')
    const harms: Readonly<Record<string, () => Promise<unknown>>> = {
      'is empty': () => writeFile(files.cert, ''),
      'is half written': () => writeFile(files.cert, whole.slice(0, whole.length / 2)),
      'is for another key': () => writeFile(files.cert, whole),
    }
    const outcomes: Outcome[] = []
    for (const [what, harm] of Object.entries(harms)) {
      const { length } = postern.log
      await harm()
      postern.signal('SIGHUP')
      const why = await until('a line that says why', () =>
        postern.log.slice(length).find(({ msg }) => /broken/.test(String(msg))),
      )
      const name = await nameShown(port)
      const where = `the log says why: ${String(why.problem ?? why.error)
        .replaceAll(stage.folder, '')
        .replace(/^.*?: /, '')}`
      outcomes.push({
        done: `the new certificate ${what}`,
        clients: `the certificate of ${name}`,
        where,
        faults: expecting({ 'the old certificate': name === 'mx.example.org' }),
      })
    }
    await put(renewed)
    postern.signal('SIGHUP')
    await postern.said('the new TLS certificate is in use')
    const name = await nameShown(port)
    outcomes.push({
      done: 'the new certificate is mended',
      clients: `the certificate of ${name}`,
      where: 'the log says that it is in use',
      faults: expecting({ 'the new certificate': name === 'renewed.example.org' }),
    })
    return outcomes
  },
}

async function nameShown(port: number): Promise<string> {
  const client = await secured(port)
  const name = certificateName(client)
  client.destroy()
  return name
}

/** A configuration that is broken when it is read again: the old one stays in force until it is mended. */
export const configurationBroken: Drill = {
  name: 'configuration-broken',
  run: async stage => {
    const [old, other] = [await stage.hop(), await stage.hop()]
    const to = (port: number) => ({ relay: { 'our.example': { to: `smtp://127.0.0.1:${port}` } } })
    const { postern, port } = await stage.postern(to(old.port))
    const ledger = stage.ledger({ ...at(old), name: 'old next hop' }, { ...at(other), name: 'new next hop' })
    const faults: string[] = []
    for (const text of [
      '',
      '{ "hostname": "mx.our.exa',
      JSON.stringify({ relay: { 'our.example': { to: 'nowhere' } }, listen: [] }),
    ]) {
      const { length } = postern.log
      await writeFile(stage.configuration(), text)
      postern.signal('SIGHUP')
      await until('the log to say so', () =>
        postern.log.slice(length).find(({ msg }) => msg === 'the old configuration stays in force'),
      )
      const sent = await send({ port })
      ledger.note(sent)
      faults.push(...expecting({ 'mail to be taken': sent.taken }))
    }
    await stage.configure(to(other.port))
    postern.signal('SIGHUP')
    await postern.said('the new configuration is in force')
    ledger.note(await send({ port }))
    const account = await ledger.account()
    faults.push(
      ...expecting({ 'three by the old one, and one by the new one': old.messages.length === 3 && other.messages.length === 1 }),
    )
    return [
      {
        done: 'the configuration is empty, cut off, or nonsense when it is read again, and then it is mended',
        ...account,
        faults: [...account.faults, ...faults],
      },
    ]
  },
}
