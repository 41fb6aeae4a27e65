using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Link;

/// <summary>
/// Joins the program's objects and whatever they need of the libraries into one module, in which only the exported
/// symbols are visible from outside.
/// </summary>
internal sealed class LinkStage
{
    /// <summary>
    /// Never taken from a library: the optimize stage brings versions of these that the kernel's verifier accepts,
    /// which those of compiler_builtins are not (they mask pointers), and those of a host library even less.
    /// </summary>
    private static readonly HashSet<string> MemoryFunctions = ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"];

    private readonly LlvmContext context;
    private readonly HashSet<string> exports;

    private LinkStage(LlvmContext context, HashSet<string> exports)
    {
        this.context = context;
        this.exports = exports;
    }

    /// <summary>Runs the stage; the output is written only when no error is returned.</summary>
    public static IReadOnlyList<Diagnostic> Run(StageFiles files)
    {
        using var context = new LlvmContext("BPFI2101");
        HashSet<string> exports = [.. Names(files.Exports)];
        var stage = new LinkStage(context, exports);
        using LlvmModule? module = stage.Link(files);
        module?.Write(files.Output);
        return context.Diagnostics;
    }

    private static IEnumerable<string> Names(ToolInput list) => File.ReadLines(list.Path)
        .Select(static line => line.Trim())
        .Where(static name => name.Length > 0 && !MemoryFunctions.Contains(name) && !RustSymbol.IsRuntime(name));

    private LlvmModule? Link(StageFiles files)
    {
        List<LibraryMember> libraries = [.. files.Libraries.SelectMany(Modules).Select(static member => new LibraryMember(member))];
        LlvmModule? module = LinkObjects(files) ?? (libraries.Count > 0 && !context.Failed ? Empty(libraries[0]) : null);
        if (module is null)
        {
            if (!context.Failed) context.Report(Diagnostic.Error("BPFI2102", "the program has no object with bitcode", "Compile with -C linker-plugin-lto, or for a BPF target."));
            return null;
        }

        Dictionary<string, LibraryMember> definitions = Index(libraries);
        LinkLibraries(module, libraries, definitions);
        if (context.Failed) return module;
        if (files.ExpectedExports is { } expected) CheckExports(module, Names(expected), definitions.Keys);
        Internalize(module);
        PassRunner.Run(module, "globaldce,strip-dead-prototypes");
        return module;
    }

    private LlvmModule? LinkObjects(StageFiles files)
    {
        LlvmModule? linked = null;
        foreach (BitcodeMember member in files.Objects.SelectMany(Modules))
        {
            LlvmModule? module = member.IsText
                ? context.ParseUserText(member.Bitcode.Span, member.Name)
                : context.ParseBitcode(member.Bitcode.Span, member.Name);
            if (module is null) return linked;
            if (linked is null) linked = module;
            else TypedDeclarations.Link(linked, module);
        }

        return linked;
    }

    // What is exported is taken from the libraries then.
    private LlvmModule? Empty(LibraryMember model)
    {
        using LlvmModule? member = model.Open(context);
        if (member is null) return null;
        LlvmModule module = context.CreateModule();
        module.AdoptTarget(member);
        return module;
    }

    private static IEnumerable<BitcodeMember> Modules(ToolInput file) => BitcodeArchive.Read(file.Name, File.ReadAllBytes(file.Path));

    /// <summary>Until nothing is missing that a library has: a library's function may need another, or an earlier, library.</summary>
    private void LinkLibraries(LlvmModule module, List<LibraryMember> members, Dictionary<string, LibraryMember> definitions)
    {
        var asked = new HashSet<string>(exports.Where(name => !IsDefined(module, name)));
        var pending = new HashSet<string>(asked);
        pending.UnionWith(Missing(module));
        while (!context.Failed)
        {
            pending.RemoveWhere(name => !definitions.ContainsKey(name));
            if (pending.Count == 0) return;
            foreach (LibraryMember member in members.Where(member => pending.Any(name => definitions[name] == member)))
            {
                using LlvmModule? library = member.Open(context);
                if (library is null) return;
                Require(library, asked);
                library.AdoptTarget(module);
                if (!TypedDeclarations.Link(module, library)) return;
            }

            HashSet<string> before = pending;
            pending = [.. Missing(module)];
            // A symbol that its library could not deliver stays missing; it is not asked for again and again.
            pending.ExceptWith(before);
        }
    }

    /// <summary>An export has no use in the program, so nothing would ask for it: its definition is made mandatory.</summary>
    private static void Require(LlvmModule library, HashSet<string> asked)
    {
        foreach (LLVMValueRef symbol in library.Symbols())
        {
            if (asked.Contains(LlvmModule.NameOf(symbol)) && LLVM.LLVMIsDeclaration(symbol) == 0 && LLVM.LLVMGetLinkage(symbol) == LLVMLinkage.LinkOnceODR)
                LLVM.LLVMSetLinkage(symbol, LLVMLinkage.WeakODR);
        }
    }

    private Dictionary<string, LibraryMember> Index(List<LibraryMember> members)
    {
        var definitions = new Dictionary<string, LibraryMember>();
        foreach (LibraryMember member in members)
        {
            if (member.Defines(context) is not { } names) break;
            foreach (string name in names) definitions.TryAdd(name, member);
        }

        foreach (string name in MemoryFunctions) definitions.Remove(name);
        return definitions;
    }

    private static bool IsDefined(LlvmModule module, string name)
    {
        LLVMValueRef function = LLVM.LLVMGetNamedFunction(module.Ref, name);
        LLVMValueRef symbol = function.IsNull ? LLVM.LLVMGetNamedGlobal(module.Ref, name) : function;
        return !symbol.IsNull && LLVM.LLVMIsDeclaration(symbol) == 0;
    }

    private static IEnumerable<string> Missing(LlvmModule module) => module.Symbols()
        .Where(static symbol => LLVM.LLVMIsDeclaration(symbol) != 0 && !LLVM.LLVMGetFirstUse(symbol).IsNull)
        .Select(LlvmModule.NameOf)
        .Where(static name => !LlvmModule.IsReserved(name));

    // rustc lists what is in no module, too; whoever writes a name by hand means something.
    private void CheckExports(LlvmModule module, IEnumerable<string> expected, IEnumerable<string> libraries)
    {
        HashSet<string> defined = [.. module.Symbols().Where(static symbol => LLVM.LLVMIsDeclaration(symbol) == 0).Select(LlvmModule.NameOf).Where(static name => !LlvmModule.IsReserved(name))];
        foreach (string name in expected.Where(name => !defined.Contains(name)))
            context.Report(Diagnostic.Warning(
                "BPFI1122", $"--export {name}: no input defines it",
                NearestName.Of(name, defined.Union(libraries)) is { } near ? $"did you mean {near}?" : "only what has #[no_mangle] has the name that it has in the source"));
    }

    private void Internalize(LlvmModule module)
    {
        foreach (LLVMValueRef symbol in module.Symbols())
        {
            string name = LlvmModule.NameOf(symbol);
            if (LLVM.LLVMIsDeclaration(symbol) != 0 || LlvmModule.IsReserved(name)) continue;
            LLVM.LLVMSetVisibility(symbol, LLVMVisibility.Default);
            LLVM.LLVMSetLinkage(symbol, exports.Contains(name) ? LLVMLinkage.External : LLVMLinkage.Internal);
            LlvmModule.RemoveComdat(symbol);
        }
    }
}
