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
	if !isSigned(body, r.Header.Get("X-Relyable-Signature")) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event relyableEvent
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	go work(event) // answer first, work afterwards
	w.WriteHeader(http.StatusOK)
}

// work runs after the answer. A panic is logged here: unrecovered, it would end the process.
func work(event relyableEvent) {
	defer func() {
		if reason := recover(); reason != nil {
			log.Println("relyable:", reason)
		}
	}()
	log.Println(event.Event)
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
