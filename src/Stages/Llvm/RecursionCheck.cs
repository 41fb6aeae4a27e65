namespace BpfIncr.Stages.Llvm;

/// <summary>Refuses functions that call themselves, directly or through others: BPF programs cannot.</summary>
internal static class RecursionCheck
{
    public static void Run(LlvmModule module)
    {
        List<LLVMValueRef> cycle = new CallGraph(module).FindCycle();
        if (cycle.Count == 0) return;
        string[] names = [.. cycle.Select(DebugLocation.NameOf)];
        module.Context.Report(Diagnostic.Error(
            "BPFI2212", $"{names[0]} calls itself: {string.Join(" -> ", names)}",
            "Write it as a loop with a fixed bound; BPF programs cannot recurse.").AtFunction(cycle[0]));
    }
}
