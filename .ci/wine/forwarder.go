package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
)

// forwarder returns a DLL for 64-bit Windows that holds no code: all it does is to say that its one export is to be
// found in another DLL, such as "ADVAPI32.SystemFunction036".
func forwarder(dll, export, target string) []byte {
	const (
		address = 0x1000 // of the one section in memory
		offset  = 0x200  // of the one section in the file
		size    = 0x200
	)
	// The section: the export directory, its three tables of one entry each, and the names.
	const (
		functions = address + 40
		names     = functions + 4
		ordinals  = names + 4
		texts     = ordinals + 2
	)
	nameAt := texts
	exportAt := nameAt + len(dll) + 1
	targetAt := exportAt + len(export) + 1
	end := targetAt + len(target) + 1
	section := encode(
		struct {
			Characteristics, Time           uint32
			Major, Minor                    uint16
			Name, Base, Functions, Names    uint32
			AtFunctions, AtNames, AtOrdinal uint32
		}{0, 0, 0, 0, uint32(nameAt), 1, 1, 1, functions, names, ordinals},
		// A function's address inside of the export directory is that of a text: where to find it.
		uint32(targetAt), uint32(exportAt), uint16(0),
		[]byte(dll+"\x00"+export+"\x00"+target+"\x00"),
	)

	optional := pe.OptionalHeader64{
		Magic: 0x20b, SizeOfInitializedData: size, ImageBase: 0x180000000, SectionAlignment: 0x1000, FileAlignment: 0x200,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, SizeOfImage: 0x2000, SizeOfHeaders: offset,
		Subsystem:          pe.IMAGE_SUBSYSTEM_WINDOWS_CUI,
		DllCharacteristics: pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
		SizeOfStackReserve: 1 << 20, SizeOfStackCommit: 1 << 12, SizeOfHeapReserve: 1 << 20, SizeOfHeapCommit: 1 << 12,
		NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: address, Size: uint32(end - address)}
	dos := make([]byte, 64)
	copy(dos, "MZ")
	dos[60] = byte(len(dos)) // where the header proper begins
	header := encode(dos, []byte("PE\x00\x00"),
		pe.FileHeader{
			Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(optional)),
			Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
		},
		optional,
		pe.SectionHeader32{
			Name: [8]uint8{'.', 'e', 'd', 'a', 't', 'a'}, VirtualSize: uint32(end - address), VirtualAddress: address,
			SizeOfRawData: size, PointerToRawData: offset,
			Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
		})

	file := make([]byte, offset+size)
	copy(file, header)
	copy(file[offset:], section)
	return file
}

// encode puts values of fixed size one behind the other, as they lie in the file.
func encode(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err) // only for a type without a fixed size
		}
	}
	return b.Bytes()
}
