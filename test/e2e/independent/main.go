// Command main checks a running log with nothing of Vitrine's: the Go checksum database's own libraries (golang.org/x/mod
// sumdb/note and sumdb/tlog) read its checkpoint, tiles and entry bundles over HTTP.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go <prefix> <vkey>
//
// It prints "verified <size>" when the checkpoint's signature holds, every tile hashes up to its root, every entry's hash
// is the tile's, the root recomputed from the entries alone is the same, and sampled proofs check. Otherwise it exits 1.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func fetch(url, contentType string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	if got := response.Header.Get("Content-Type"); got != contentType {
		return nil, fmt.Errorf("%s: content type %q", url, got)
	}
	return io.ReadAll(response.Body)
}

// served reads tiles below a prefix. The checksum database names the height in its paths, tlog-tiles doesn't.
type served struct{ prefix string }

func (s served) url(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	if tile.L == -1 {
		path = "entries" + strings.TrimPrefix(path, "data")
	}
	return s.prefix + "/tile/" + path
}

func (s served) Height() int { return height }

func (s served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := fetch(s.url(tile), "application/octet-stream")
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (s served) SaveTiles([]tlog.Tile, [][]byte) {}

func (s served) entries(tile tlog.Tile) ([][]byte, error) {
	tile.L = -1
	data, err := fetch(s.url(tile), "application/octet-stream")
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("bundle %d ends within an entry", tile.N)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("bundle %d has %d entries, not %d", tile.N, len(entries), tile.W)
	}
	return entries, nil
}

// checkpoint gives the tree of the log's signed checkpoint.
func checkpoint(prefix, vkey string) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	text, err := fetch(prefix+"/checkpoint", "text/plain; charset=utf-8")
	if err != nil {
		return tree, err
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// rehash computes the tree's root from the entries, each of which must be what the level 0 tile says.
func rehash(server served, tree tlog.Tree, hashes tlog.HashReader) (tlog.Hash, error) {
	var stored []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for first := int64(0); first < tree.N; first += 1 << height {
		tile := tlog.Tile{H: height, L: 0, N: first >> height, W: 1 << height}
		if rest := tree.N - first; rest < int64(tile.W) {
			tile.W = int(rest)
		}
		entries, err := server.entries(tile)
		if err != nil {
			return tlog.Hash{}, err
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		expected, err := hashes.ReadHashes(indexes) // verified against the signed root
		if err != nil {
			return tlog.Hash{}, err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != expected[i] {
				return tlog.Hash{}, fmt.Errorf("entry %d isn't the one on the log", first+int64(i))
			}
			more, err := tlog.StoredHashes(first+int64(i), entry, own)
			if err != nil {
				return tlog.Hash{}, err
			}
			stored = append(stored, more...)
		}
	}
	return tlog.TreeHash(tree.N, own)
}

// prove checks proofs made from the served tiles, of entries and of older sizes.
func prove(tree tlog.Tree, hashes tlog.HashReader) error {
	for _, n := range []int64{0, 1, 254, 255, 256, 65535, 65536, tree.N / 2, tree.N - 1} {
		if n >= tree.N {
			continue
		}
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		record, err := tlog.ProveRecord(tree.N, n, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(record, tree.N, tree.Hash, n, leaf[0]); err != nil {
			return err
		}
		older, err := tlog.TreeHash(n+1, hashes)
		if err != nil {
			return err
		}
		grown, err := tlog.ProveTree(tree.N, n+1, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(grown, tree.N, tree.Hash, n+1, older); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: main <prefix> <vkey>")
	}
	tree, err := checkpoint(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	server := served{prefix: os.Args[1]}
	hashes := tlog.TileHashReader(tree, server)
	root, err := rehash(server, tree, hashes)
	if err != nil {
		log.Fatal(err)
	}
	if root != tree.Hash {
		log.Fatalf("the entries' root is %v, the checkpoint says %v", root, tree.Hash)
	}
	if err := prove(tree, hashes); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("verified %d\n", tree.N)
}
