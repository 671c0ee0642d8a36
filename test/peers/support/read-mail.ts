import { LineClient } from '../../../fixtures/line-client.ts'

const password = 'secret'

/** All messages of an inbox, by IMAP (RFC 9051). */
export async function readByImap(port: number, user: string): Promise<Buffer[]> {
  const client = await LineClient.open({ port })
  await client.line()
  await imap(client, `LOGIN ${user} ${password}`)
  await imap(client, 'SELECT INBOX')
  const messages = await imap(client, 'UID FETCH 1:* (BODY.PEEK[])')
  client.close()
  return messages
}

/** Says one command and reads until it is answered; what comes as counted bytes is kept. */
async function imap(client: LineClient, command: string): Promise<Buffer[]> {
  client.say(`a ${command}`)
  const literals: Buffer[] = []
  for (;;) {
    const line = await client.line()
    const length = /\{(\d+)\}$/.exec(line ?? '')?.[1]
    if (length !== undefined) literals.push(await client.bytes(Number(length)))
    else if (line?.startsWith('a OK')) return literals
    else if (line === undefined || line.startsWith('a ')) throw new Error(`IMAP: ${command}: ${line}`)
  }
}

/** All messages of an inbox, by POP3 (RFC 1939). */
export async function readByPop3(port: number, user: string): Promise<Buffer[]> {
  const client = await LineClient.open({ port })
  await client.line()
  await pop3(client, `USER ${user}`)
  await pop3(client, `PASS ${password}`)
  const [, count = '0'] = (await pop3(client, 'STAT')).split(' ')
  const messages: Buffer[] = []
  for (let number = 1; number <= Number(count); number++) {
    await pop3(client, `RETR ${number}`)
    messages.push(await multiLine(client))
  }
  client.close()
  return messages
}

async function pop3(client: LineClient, command: string): Promise<string> {
  client.say(command)
  const line = await client.line()
  if (!line?.startsWith('+OK')) throw new Error(`POP3: ${command}: ${line}`)
  return line
}

async function multiLine(client: LineClient): Promise<Buffer> {
  const lines: string[] = []
  for (;;) {
    const line = await client.line()
    if (line === undefined || line === '.') return Buffer.from(lines.map(line => `${line}\r\n`).join(''))
    lines.push(line.startsWith('.') ? line.slice(1) : line)
  }
}
