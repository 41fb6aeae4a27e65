using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Translates RedBPF's section names into those from which libbpf derives a program's type.</summary>
internal static class SectionRenamer
{
    private static readonly Dictionary<string, string> Prefixes = new()
    {
        ["xdp/"] = "xdp",
        ["socketfilter/"] = "socket",
        ["streamparser/"] = "sk_skb/stream_parser",
        ["streamverdict/"] = "sk_skb/stream_verdict",
        ["sk_lookup/"] = "sk_lookup",
        ["tc_action/"] = "tc",
    };

    // libbpf reads what follows iter/ as the iterator's kind.
    private const string TaskIterator = "task_iter/";

    public static void Run(LlvmModule module)
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
        {
            string section = SectionOf(function);
            string renamed = Translate(section);
            if (renamed != section) LLVM.LLVMSetSection(function, renamed);
        }
    }

    /// <summary>libbpf's name for a section; the same name when it has no other.</summary>
    public static string Translate(string section)
    {
        if (section.StartsWith(TaskIterator, StringComparison.Ordinal)) return "iter/task";
        foreach ((string prefix, string name) in Prefixes)
        {
            if (section.StartsWith(prefix, StringComparison.Ordinal)) return name;
        }

        return section;
    }

    private static unsafe string SectionOf(LLVMValueRef function) => LlvmText.Borrow(LLVM.LLVMGetSection(function));
}
