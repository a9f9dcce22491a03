// Reads a JSON list of SOAP messages; takes each apart and puts it together again by the WSDL named as argument.
const fs = require('fs')
const soap = require('soap')
const messages = JSON.parse(fs.readFileSync(0, 'utf8'))
const options = { preserveWhitespace: true, disableCache: true }

soap.createClientAsync(process.argv[2], options).then((client) => {
  const ports = client.describe().HutongStandard
  const again = messages.map((xml) => {
    const body = client.wsdl.xmlToObject(xml).Body
    const [name] = Object.keys(body).filter((key) => key !== 'attributes')
    const written = client.wsdl.objectToDocumentXML(name, body[name], 't', 'urn:hutong:uis:v1:typed', `${name}`)
    return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="urn:hutong:uis:v1:typed" ` +
      `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
      `<s:Body>${written}</s:Body></s:Envelope>`
  })
  const operations = Object.values(ports).map((port) => Object.keys(port).length)
  process.stdout.write(JSON.stringify({ operations, again }))
}).catch((error) => { console.error(error); process.exit(1) })
