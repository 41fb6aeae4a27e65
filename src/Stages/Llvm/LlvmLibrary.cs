using System.Runtime.InteropServices;
using System.Text;

namespace BpfIncr.Stages.Llvm;

/// <summary>
/// The one libLLVM of this process. LLVM keeps its command line options in process-wide variables, so a process is
/// bound to one library and one set of options for its whole life.
/// </summary>
internal static unsafe class LlvmLibrary
{
    private static readonly Lock Gate = new();
    private static string? loadedPath;
    private static nint handle;

    /// <summary>The loaded library's version, such as <c>22.1.8</c>.</summary>
    public static string Version { get; private set; } = "";

    /// <summary>Binds the library and parses its options. A second call must name the same library.</summary>
    /// <param name="path">Absolute path of a libLLVM that has the BPF target.</param>
    /// <param name="options">LLVM options such as <c>-bpf-disable-trap-unreachable</c>. LLVM ends the process on a wrong one.</param>
    /// <exception cref="DllNotFoundException">The file is not a loadable library.</exception>
    /// <exception cref="EntryPointNotFoundException">The library lacks the BPF target.</exception>
    /// <exception cref="InvalidOperationException">Another library is loaded already.</exception>
    public static void Load(string path, IReadOnlyList<string> options)
    {
        lock (Gate)
        {
            if (loadedPath is not null)
            {
                if (loadedPath != path) throw new InvalidOperationException($"{loadedPath} is loaded already");
                return;
            }

            handle = NativeLibrary.Load(path);
            NativeLibrary.SetDllImportResolver(
                typeof(LLVM).Assembly, static (name, _, _) => name == LLVM.Library ? handle : 0);
            loadedPath = path;
            InitializeTarget();
            ParseOptions(options);
            LLVM.LLVMGetVersion(out uint major, out uint minor, out uint patch);
            Version = $"{major}.{minor}.{patch}";
        }
    }

    /// <summary>Loads a library for its exports alone: nothing of LLVM is set up, and a library that is there stays.</summary>
    /// <returns>Whether there is a library now.</returns>
    public static bool LoadForExports(string path)
    {
        lock (Gate) return handle != 0 || NativeLibrary.TryLoad(path, out handle);
    }

    /// <summary>An exported symbol beyond the C API, or 0.</summary>
    public static nint FindExport(string name) => handle != 0 && NativeLibrary.TryGetExport(handle, name, out nint address) ? address : 0;

    private static void InitializeTarget()
    {
        LLVM.LLVMInitializeBPFTargetInfo();
        LLVM.LLVMInitializeBPFTarget();
        LLVM.LLVMInitializeBPFTargetMC();
        LLVM.LLVMInitializeBPFAsmPrinter();
        // The panic policy's exit is inline assembly.
        LLVM.LLVMInitializeBPFAsmParser();
    }

    private static void ParseOptions(IReadOnlyList<string> options)
    {
        byte[][] arguments = [.. options.Prepend("bpfincr").Select(static option => Encoding.UTF8.GetBytes(option + '\0'))];
        var pins = new GCHandle[arguments.Length];
        byte** pointers = stackalloc byte*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            pins[i] = GCHandle.Alloc(arguments[i], GCHandleType.Pinned);
            pointers[i] = (byte*)pins[i].AddrOfPinnedObject();
        }

        LLVM.LLVMParseCommandLineOptions(arguments.Length, pointers, null);
        foreach (GCHandle pin in pins) pin.Free();
    }
}
