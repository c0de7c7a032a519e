//go:build !windows && !darwin

package dialog

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// The families of addresses in an authority file.
const (
	familyInternet  = 0
	familyInternet6 = 6
	familyLocal     = 256 // by the computer's name
	familyWild      = 0xffff
)

// xCookie returns the cookie for a server, or nil: the first one in the user's authority file that is for it. Home folders are
// shared and names of computers change, so a file may hold many that are for others.
func xCookie(server net.Addr, number uint16) []byte {
	file := openAuthority()
	if file == nil {
		return nil
	}
	defer file.Close()
	family, address := xFamily(server)
	for entries := bufio.NewReader(file); ; {
		entry, err := readAuthority(entries)
		if err != nil {
			return nil // also of a file that is cut short
		}
		if entry.isFor(family, address, strconv.Itoa(int(number))) && entry.name == xCookieName {
			return entry.data
		}
	}
}

// openAuthority opens the user's authority file, or returns nil. A pipe in its place is not waited for.
func openAuthority() *os.File {
	environ := session.Here().Whole()
	path, ok := environ.Lookup("XAUTHORITY")
	if !ok {
		path = filepath.Join(environ.Get("HOME"), ".Xauthority")
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil
	}
	return file
}

// xFamily says how an authority file names a server. One on this computer goes by the computer's name, also where it is
// reached at the address of the loopback, as a display that ssh forwards.
func xFamily(server net.Addr) (family uint16, address string) {
	tcp, ok := server.(*net.TCPAddr)
	ip4 := net.IP(nil)
	if ok {
		ip4 = tcp.IP.To4()
	}
	switch {
	case ip4 != nil && !ip4.Equal(net.IPv4(127, 0, 0, 1)):
		return familyInternet, string(ip4)
	case ok && ip4 == nil && !tcp.IP.Equal(net.IPv6loopback):
		return familyInternet6, string(tcp.IP.To16())
	}
	name, _ := os.Hostname()
	return familyLocal, name
}

// An authorityEntry is what an authority file says of one server.
type authorityEntry struct {
	family                uint16
	address, number, name string
	data                  []byte
}

func (e authorityEntry) isFor(family uint16, address, number string) bool {
	isHost := e.family == familyWild || e.family == family && e.address == address
	return isHost && (e.number == "" || e.number == number)
}

// readAuthority reads the next entry: family, address, number of the display, name and data, all but the first with their
// lengths before them.
func readAuthority(file io.Reader) (e authorityEntry, err error) {
	if err := binary.Read(file, binary.BigEndian, &e.family); err != nil {
		return e, err
	}
	var fields [4][]byte
	for i := range fields {
		var length uint16
		if err := binary.Read(file, binary.BigEndian, &length); err != nil {
			return e, err
		}
		fields[i] = make([]byte, length)
		if _, err := io.ReadFull(file, fields[i]); err != nil {
			return e, err
		}
	}
	e.address, e.number, e.name, e.data = string(fields[0]), string(fields[1]), string(fields[2]), fields[3]
	return e, nil
}
