// The one program in the test image of a real node. As `pause` it holds a Pod's namespaces; otherwise it serves HTTP on
// $PORT (8080): `/` answers the hostname, which is the Pod's name, `/healthz` answers ok, `/say/TEXT` has it say TEXT. On SIGTERM it stops answering
// healthy, waits $TERM_DELAY (a Go duration, default 0s), finishes what it serves, and exits 0. It is its image's only tool, too:
// `say TEXT…`, `cat [FILE…]` (without: what it reads), `write FILE TEXT`, `env`, `exit CODE`.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "pause" {
		pause()
		return
	}
	if len(os.Args) > 1 {
		if err := tool(os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pause waits for a signal, and reaps children where the Pod shares its process namespace.
func pause() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}

func tool(name string, args []string) error {
	switch {
	case name == "say":
		fmt.Println(strings.Join(args, " "))
		return nil
	case name == "cat" && len(args) == 0:
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	case name == "cat":
		for _, file := range args {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			os.Stdout.Write(text)
		}
		return nil
	case name == "write" && len(args) == 2:
		return os.WriteFile(args[0], []byte(args[1]), 0o644)
	case name == "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
		return nil
	case name == "exit" && len(args) == 1:
		code, err := strconv.Atoi(args[0])
		if err == nil {
			os.Exit(code)
		}
		return err
	}
	return fmt.Errorf("expected pause, say, cat, write, env or exit, got %s with %d arguments", name, len(args))
}

func serve() error {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	delay := time.Duration(0)
	if text := os.Getenv("TERM_DELAY"); text != "" {
		parsed, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("TERM_DELAY: expected a duration such as 2s, got %q", text)
		}
		delay = parsed
	}
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	var terminating atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, hostname) })
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if terminating.Load() {
			http.Error(w, "terminating", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/say/", func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(strings.TrimPrefix(r.URL.Path, "/say/"))
	})
	server := &http.Server{Addr: ":" + port, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		<-signals
		terminating.Store(true)
		fmt.Println("terminating")
		time.Sleep(delay)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	}()
	fmt.Println("serving", hostname, "on port", port)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return <-stopped
}
