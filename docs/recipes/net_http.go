package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

type relyableEvent struct {
	Event string `json:"event"`
}

func relyable(w http.ResponseWriter, r *http.Request) {
	// The raw body. Decoding r.Body directly would consume it.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10<<20))
	if err != nil {
		http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
		return
	}
	// Joined, so that two signatures are refused; Get would take the first.
	if !isSigned(body, strings.Join(r.Header.Values("X-Relyable-Signature"), ",")) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event relyableEvent
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	if err := save(event); err != nil {
		log.Println("relyable:", err)
		http.Error(w, "not saved", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// The answer is 200 once save has returned. After an error it is 500, and Relyable sends the event
// again. A panic ends the connection and not the process: net/http recovers it.
func save(event relyableEvent) error {
	log.Println(event.Event) // insert a row, or add a job to a queue
	return nil
}

func isSigned(body []byte, signature string) bool {
	secret := os.Getenv("RELYABLE_WEBHOOK_SECRET")
	if secret == "" {
		log.Panic("RELYABLE_WEBHOOK_SECRET is not set")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	expected := hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(expected), []byte(signature))
}

func main() {
	http.HandleFunc("/webhooks/relyable", relyable)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
