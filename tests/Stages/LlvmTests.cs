using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>Tests that have LLVM work on modules, each in a context of its own.</summary>
public abstract class LlvmTests : IDisposable
{
    private protected LlvmTests()
    {
        TestLlvm.Load();
        Context = new LlvmContext("BPFI2401");
    }

    private protected LlvmContext Context { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Context.Dispose();
        GC.SuppressFinalize(this);
    }
}
