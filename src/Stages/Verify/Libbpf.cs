using System.Runtime.InteropServices;

namespace BpfIncr.Stages.Verify;

/// <summary>
/// The part of libbpf that the loader uses, under its own names. <see cref="LibbpfLibrary"/> says which one answers. Objects,
/// programs and maps are pointers that libbpf keeps; so are the strings that it hands out.
/// </summary>
internal static unsafe partial class Libbpf
{
    internal const string Library = "libbpf.so.1";

    /// <summary>The level of a message that is a warning; those above it are less.</summary>
    internal const int LIBBPF_WARN = 0;

    // All of libbpf.
    [LibraryImport(Library)] internal static partial byte* libbpf_version_string();
    [LibraryImport(Library)] internal static partial nint libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, nint, int> print);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int libbpf_prog_type_by_name(string name, out int type, out int expectedAttachType);
    [LibraryImport(Library)] internal static partial byte* libbpf_bpf_prog_type_str(int type);

    // Objects.
    [LibraryImport(Library, SetLastError = true)] internal static partial nint bpf_object__open_mem(byte* content, nuint size, in bpf_object_open_opts options);
    [LibraryImport(Library)] internal static partial int bpf_object__load(nint bpfObject);
    [LibraryImport(Library)] internal static partial void bpf_object__close(nint bpfObject);

    // Programs.
    [LibraryImport(Library)] internal static partial nint bpf_object__next_program(nint bpfObject, nint previous);
    [LibraryImport(Library)] internal static partial byte* bpf_program__name(nint program);
    [LibraryImport(Library)] internal static partial byte* bpf_program__section_name(nint program);
    [LibraryImport(Library)] internal static partial nuint bpf_program__insn_cnt(nint program);
    [LibraryImport(Library)] internal static partial byte bpf_program__autoload(nint program);
    [LibraryImport(Library)] internal static partial int bpf_program__set_autoload(nint program, byte autoload);
    [LibraryImport(Library)] internal static partial int bpf_program__type(nint program);
    [LibraryImport(Library)] internal static partial int bpf_program__set_type(nint program, int type);
    [LibraryImport(Library)] internal static partial int bpf_program__set_expected_attach_type(nint program, int type);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int bpf_program__set_attach_target(nint program, int attachProgram, string function);
    [LibraryImport(Library)] internal static partial int bpf_program__set_log_level(nint program, uint level);
    [LibraryImport(Library)] internal static partial int bpf_program__set_log_buf(nint program, byte* buffer, nuint size);

    [LibraryImport(Library)] internal static partial int bpf_program__fd(nint program);
    [LibraryImport(Library)] internal static partial int bpf_obj_get_info_by_fd(int descriptor, ref bpf_prog_info info, ref uint size);

    // Maps.
    [LibraryImport(Library)] internal static partial nint bpf_object__next_map(nint bpfObject, nint previous);
    [LibraryImport(Library)] internal static partial int bpf_map__set_pin_path(nint map, byte* path);

    // The C library's: a message of libbpf comes as a format and a list of arguments, which is a pointer in C's calls.
    [LibraryImport("libc")] internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, nint arguments);
}

/// <summary>libbpf's structure of this name, as far as it is the same since libbpf 1.0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct bpf_object_open_opts
{
    public nuint sz;
    public byte* object_name;
    public byte relaxed_maps;
    public byte* pin_root_path;
    public ulong reserved;
    public byte* kconfig;
    public byte* btf_custom_path;
    public byte* kernel_log_buf;
    public nuint kernel_log_size;
    public uint kernel_log_level;
}

/// <summary>The beginning of the kernel's structure of this name: as much as says what it has kept of a program's types and lines.</summary>
[StructLayout(LayoutKind.Explicit, Size = 152)]
internal struct bpf_prog_info
{
    [FieldOffset(144)] public uint nr_func_info;
    [FieldOffset(148)] public uint nr_line_info;
}
