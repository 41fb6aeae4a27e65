using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Support;

[assembly: AssemblyFixture(typeof(KernelTestCache))]

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The cache of all tests that ask kernels, so that each kernel that is booted is downloaded once.</summary>
public sealed class KernelTestCache : IDisposable
{
    private readonly TestDirectory _directory = new();

    /// <summary>Its absolute path.</summary>
    public string Path => _directory.Path;

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
