// Calls one operation of a SOAP 1.2 service as npm soap does it: mutual TLS, WS-Security with a certificate, addressing.
const fs = require('fs')
const https = require('https')
const crypto = require('crypto')
const soap = require('soap')
const axios = require('axios')
const given = JSON.parse(fs.readFileSync(0, 'utf8'))
const agent = new https.Agent({ ca: given.ca, cert: given.cert, key: given.key })
const options = { forceSoap12Headers: true, disableCache: true, request: axios.create({ httpsAgent: agent }) }
const wsa = 'xmlns:wsa="http://www.w3.org/2005/08/addressing"'
const anonymous = 'http://www.w3.org/2005/08/addressing/anonymous'

soap.createClientAsync(`${given.url}?wsdl`, options).then(async (client) => {
  client.setEndpoint(given.url)
  client.setSecurity(new soap.WSSecurityCert(given.signKey, given.signCert, '', {
    hasTimeStamp: true,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    signatureTransformations: ['http://www.w3.org/2001/10/xml-exc-c14n#']
  }))
  client.addSoapHeader(`<wsa:Action ${wsa}>${given.namespace}/${given.operation}</wsa:Action>`)
  client.addSoapHeader(`<wsa:MessageID ${wsa}>urn:uuid:${crypto.randomUUID()}</wsa:MessageID>`)
  client.addSoapHeader(`<wsa:ReplyTo ${wsa}><wsa:Address>${anonymous}</wsa:Address></wsa:ReplyTo>`)
  const answers = []
  for (const args of given.calls) {
    try {
      const [said] = await client[`${given.operation}Async`](args)
      answers.push({ said })
    } catch (error) {
      answers.push({ fault: String(error.response ? error.response.data : error) })
    }
  }
  process.stdout.write(JSON.stringify(answers))
}).catch((error) => { console.error(error); process.exit(1) })
