import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

@RestController
class SpringWebhookController {
  private final ObjectMapper json = new ObjectMapper();
  private final byte[] secret;

  SpringWebhookController(@Value("${RELYABLE_WEBHOOK_SECRET}") String secret) {
    this.secret = secret.getBytes(StandardCharsets.UTF_8);
  }

  // byte[], not a class or String: Spring then passes the raw body.
  @PostMapping("/webhooks/relyable")
  ResponseEntity<String> receive(
      @RequestBody(required = false) byte[] body,
      @RequestHeader(name = "X-Relyable-Signature", defaultValue = "") String signature)
      throws Exception {
    byte[] bytes = body == null ? new byte[0] : body;
    if (!isSigned(bytes, signature)) return ResponseEntity.status(HttpStatus.UNAUTHORIZED).build();
    JsonNode event = json.readTree(bytes);
    // Insert a row, or add a job to a queue. An exception is answered 500, and Relyable sends the event again.
    System.out.println(event.get("event").asText());
    return ResponseEntity.ok("OK");
  }

  private boolean isSigned(byte[] body, String signature) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    String expected = HexFormat.of().formatHex(mac.doFinal(body));
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
  }
}
