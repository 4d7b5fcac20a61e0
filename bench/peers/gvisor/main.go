// echo (7), discard (9) and source (19) on gVisor's netstack.
//
//	server tun DEVICE ADDRESS MAC      on a TUN device, one packet a system call
//	server packet DEVICE ADDRESS MAC   on one end of a veth pair, through a packet socket with GSO
//
// It prints "ready" and serves until it is ended.  MAC is the address of that end of the pair.
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/link/tun"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	echoPort    = 7
	discardPort = 9
	sourcePort  = 19
	block       = 256 << 10
	mtu         = 1500
	backlog     = 1024
)

func check(what string, err interface{}) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}

// device opens what the stack reads and writes.
func device(kind, name, mac string) stack.LinkEndpoint {
	options := fdbased.Options{MTU: mtu}
	if kind == "tun" {
		fd, err := tun.Open(name)
		check("tun", err)
		options.FDs = []int{fd}
	} else {
		wire, err := net.InterfaceByName(name)
		check(name, err)
		address, err := net.ParseMAC(mac)
		check(mac, err)
		protocol := uint16(unix.ETH_P_ALL)>>8 | uint16(unix.ETH_P_ALL)<<8
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(protocol))
		check("socket", err)
		check("PACKET_VNET_HDR", unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1))
		for _, option := range []int{unix.SO_RCVBUFFORCE, unix.SO_SNDBUFFORCE} {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 4<<20)
		}
		check("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: wire.Index}))
		options.FDs = []int{fd}
		options.EthernetHeader = true
		options.Address = tcpip.LinkAddress(address)
		options.GSOMaxSize = 65536
		options.RXChecksumOffload = true
		options.PacketDispatchMode = fdbased.RecvMMsg
	}
	endpoint, err := fdbased.New(&options)
	check("device", err)
	return endpoint
}

func serve(connection net.Conn, port uint16) {
	defer connection.Close()
	buffer := make([]byte, map[uint16]int{echoPort: 2048, discardPort: 0, sourcePort: block}[port])
	if port == discardPort {
		// An idle connection holds no buffer: the stack copies into what is handed to it once something is there.
		tcpConnection := connection.(*gonet.TCPConn)
		first := make([]byte, 1)
		if _, err := tcpConnection.Read(first); err != nil {
			return
		}
		buffer = make([]byte, block)
	}
	for {
		if port == sourcePort {
			if _, err := connection.Write(buffer); err != nil {
				return
			}
			continue
		}
		count, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if port == echoPort {
			if _, err := connection.Write(buffer[:count]); err != nil {
				return
			}
		}
	}
}

func listen(s *stack.Stack, address tcpip.Address, port uint16) {
	var queue waiter.Queue
	endpoint, err := s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &queue)
	check("endpoint", err)
	check("bind", endpoint.Bind(tcpip.FullAddress{NIC: 1, Addr: address, Port: port}))
	check("listen", endpoint.Listen(backlog))
	listener := gonet.NewTCPListener(s, &queue, endpoint)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				log.Print(err)
				return
			}
			go serve(connection, port)
		}
	}()
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: server tun|packet DEVICE ADDRESS MAC")
	}
	address := tcpip.Address(net.ParseIP(os.Args[3]).To4())
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	sack := tcpip.TCPSACKEnabled(true)
	check("sack", s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	check("nic", s.CreateNIC(1, device(os.Args[1], os.Args[2], os.Args[4])))
	check("address", s.AddProtocolAddress(1, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: address, PrefixLen: 24},
	}, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	for _, port := range []uint16{echoPort, discardPort, sourcePort} {
		listen(s, address, port)
	}
	fmt.Println("ready")
	select {}
}
