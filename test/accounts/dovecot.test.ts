import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { Dovecot } from '../../src/accounts/dovecot.ts'

const client = { ip: '192.0.2.1', port: 4000 }
const hello = 'VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t7\nCUID\t1\nCOOKIE\tabc\nDONE\n'

/** An auth service that answers each line of a client as it is told. */
async function service(t: TestContext, answer: (line: string, socket: Socket) => void): Promise<Dovecot> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) answer(line, socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accounts = new Dovecot({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }) // TCP
  t.after(() => {
    accounts.close()
    server.close()
  })
  return accounts
}

const ask = (accounts: Dovecot, name = 'alice') => accounts.verify({ name, password: 'sec\tret', client })

describe("Dovecot's protocol", () => {
  it('is spoken as it is written: who we are, then one line for each question, its response last', async t => {
    const lines: string[] = []
    const accounts = await service(t, (line, socket) => {
      lines.push(line)
      if (line.startsWith('CPID')) socket.write(hello)
      const [, number] = line.split('\t')
      if (line.startsWith('AUTH')) socket.write(`OK\t${number}\tuser=Alice@our.example\tresp=\n`)
    })
    assert.deepEqual(await ask(accounts), { account: { name: 'alice@our.example', addresses: [] } })
    assert.deepEqual(lines.slice(0, 2), ['VERSION\t1\t2', `CPID\t${process.pid}`])
    const response = Buffer.from('\0alice\0sec\tret').toString('base64')
    assert.equal(lines[2], `AUTH\t1\tPLAIN\tservice=smtp\tsecured=tls\tnologin\trip=192.0.2.1\trport=4000\tresp=${response}`)
  })

  it('has a no, a not now, and questions to which there is no answer', async t => {
    const accounts = await service(t, (line, socket) => {
      if (line.startsWith('CPID')) socket.write(hello)
      const [, number] = line.split('\t')
      const said = [
        'FAIL\tN\tuser=a',
        'FAIL\tN\ttemp\treason=no\x01tdisk',
        'FAIL\tN\tcode=temp_fail',
        'CONT\tN\tx',
        'OK\tN\tnothing',
      ]
      if (line.startsWith('AUTH')) socket.write(`${said[Number(number) - 1]?.replace('\tN\t', `\t${number}\t`)}\n`)
    })
    const answers = []
    for (let number = 0; number < 5; number++) answers.push(await ask(accounts))
    assert.deepEqual(answers[0], { failure: 'refused' })
    assert.deepEqual(answers[1], { failure: 'trouble', detail: 'Dovecot: no\tdisk' })
    for (const answer of answers.slice(2)) assert.equal('failure' in answer && answer.failure, 'trouble')
  })

  it('is begun again when the connection is lost, and whoever waits is told', async t => {
    let connections = 0
    const accounts = await service(t, (line, socket) => {
      if (line.startsWith('CPID')) socket.write(hello, () => ++connections)
      const [, number] = line.split('\t')
      if (line.startsWith('AUTH') && line.includes(Buffer.from('\0bob').toString('base64').slice(0, 4))) socket.destroy()
      else if (line.startsWith('AUTH')) socket.write(`OK\t${number}\tuser=alice\n`)
    })
    assert.deepEqual(await ask(accounts, 'bob'), { failure: 'trouble', detail: 'Dovecot: Dovecot has closed the connection' })
    assert.ok('account' in (await ask(accounts)))
    assert.equal(connections, 2)
  })

  it('of another version is not understood, nor a line without an end', async t => {
    const other = await service(t, (_, socket) => socket.write('VERSION\t2\t0\n'))
    assert.match(JSON.stringify(await ask(other)), /expected version 1 of Dovecot's protocol, found 2/)
    const endless = await service(t, (_, socket) => socket.write('x'.repeat(9000)))
    assert.match(JSON.stringify(await ask(endless)), /a line of Dovecot is too long/)
  })
})
