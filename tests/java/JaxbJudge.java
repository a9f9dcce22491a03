import java.io.File;
import javax.xml.XMLConstants;
import javax.xml.bind.JAXBContext;
import javax.xml.bind.Marshaller;
import javax.xml.bind.Unmarshaller;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;

/** Reads every .xml of a directory into generated classes, validated on the way in and out, and writes it again. */
public final class JaxbJudge {
    public static void main(String[] args) throws Exception {
        JAXBContext context = JAXBContext.newInstance(args[0]);
        Schema schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(args[1]));
        Unmarshaller reader = context.createUnmarshaller();
        Marshaller writer = context.createMarshaller();
        reader.setSchema(schema);
        writer.setSchema(schema);
        int count = 0;
        for (File file : new File(args[2]).listFiles()) {
            if (file.getName().endsWith(".xml")) {
                Object message = reader.unmarshal(file);
                writer.marshal(message, new File(file.getPath() + ".again"));
                count++;
            }
        }
        System.out.println(count);
    }
}
