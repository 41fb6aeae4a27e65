using System.Diagnostics;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>
/// The disk of the cache, or that of the objects, fails at some moment of a build. The build is right or says what is wrong, and
/// what it has left behind misleads no later one. <c>BPFINCR_TEST_DISK_FAULTS</c> says how many builds.
/// </summary>
[Collection(TinyStates.Collection)]
public sealed class DiskFaultTests(TinyStates states)
{
    private static readonly (string Name, int Error)[] Errors =
    [
        ("full", FailingDisk.Full), ("quota", FailingDisk.Quota), ("EIO", FailingDisk.InputOutput), ("read-only", FailingDisk.ReadOnly),
        ("no permission", FailingDisk.Permission),
    ];

    private readonly Random _random = new(Amounts.Seed);

    [Fact]
    public void A_disk_that_fails_in_the_middle_of_a_build_misleads_nobody()
    {
        var (cache, shared) = (states.NewDirectory("cache"), states.NewDirectory("shared"));
        var checkout = states.New(cache);
        checkout.Build("--shared-cache", shared).Succeeded();
        var (clock, ended) = (Stopwatch.StartNew(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        for (var i = 0; i < Amounts.Of("BPFINCR_TEST_DISK_FAULTS"); i++)
        {
            var (name, error) = Errors[i % Errors.Length];
            var isCache = _random.Next(3) > 0;
            var disk = new FailingDisk(isCache ? cache : checkout["target"], error, Exponential(3000), _random.Next(2) == 0 ? 1 : int.MaxValue);
            var state = Edit(checkout, i);
            string[] arguments = _random.Next(2) == 0 ? ["--shared-cache", shared] : [];
            var story = $"seed {Amounts.Seed}, build {i}: {name}, {disk} {string.Join(' ', arguments)}";

            var build = checkout.Run(disk.Variables(), ["build", .. arguments]);
            var next = checkout.Run("build");
            var verified = checkout.Run("cache", "verify");

            AssertClear(build, checkout, state, story);
            Assert.True(next.ExitCode == 0, $"{story}\n{build}\n{next}");
            states.AssertObjects(checkout, state, story);
            Assert.True(verified.ExitCode == 0, $"{story}\n{verified}");
            var end = $"{name}, {(isCache ? "cache" : "objects")}: {(build.ExitCode == 0 ? "right" : "an error")}";
            ended[end] = ended.GetValueOrDefault(end) + 1;
        }
        Scale.Report($"{string.Join("; ", ended.Select(e => $"{e.Key} × {e.Value}"))} in {clock.Elapsed.TotalSeconds:0} s");
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_named_also_when_a_shared_one_has_everything()
    {
        var shared = states.NewDirectory("shared");
        states.New(states.NewDirectory("cache")).Build("--shared-cache", shared).Succeeded();
        var checkout = states.New(states.NewDirectory("cache"));
        var disk = new FailingDisk(Path.Combine(checkout.Cache, "v1/results"), FailingDisk.Full, 0, int.MaxValue);

        var build = checkout.Run(disk.Variables(), ["build", "--shared-cache", shared]);

        Assert.Equal(3, build.ExitCode);
        Assert.StartsWith("error BPFI1040: the cache directory cannot be written", build.Errors, StringComparison.Ordinal);
        checkout.Build("--shared-cache", shared).Succeeded();
        states.AssertObjects(checkout, 0, "full");
    }

    [Theory]
    [InlineData("64k")]
    [InlineData("2m")]
    public void A_cache_on_a_full_disk_is_named_and_used_again_when_there_is_space(string size)
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("NOT TESTED: a small file system needs root");
        var cache = states.NewDirectory("small");
        Tool.Do("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", cache);
        try
        {
            var checkout = states.New(cache);

            var build = checkout.Run("build");
            // What is only half there takes no space from what could be whole.
            Assert.DoesNotContain(Directory.GetFiles(cache, "*", SearchOption.AllDirectories), f => f.Contains("/blobs/tmp/", StringComparison.Ordinal));
            Tool.Do("mount", "-o", "remount,size=200m", cache);
            var next = checkout.Run("build");

            AssertClear(build, checkout, 0, size);
            Assert.NotEqual(0, build.ExitCode);
            Assert.True(next.ExitCode == 0, $"{build}\n{next}");
            states.AssertObjects(checkout, 0, size);
            Assert.Equal(0, checkout.Run("cache", "verify").ExitCode);
        }
        finally
        {
            Tool.Do("umount", cache);
        }
    }

    [Fact]
    public void Objects_on_a_full_disk_are_named_and_made_when_there_is_space()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("NOT TESTED: a small file system needs root");
        var checkout = states.New(states.NewDirectory("cache"));
        Directory.CreateDirectory(checkout["target"]);
        Tool.Do("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", checkout["target"]);
        try
        {
            var build = checkout.Run("build");
            Tool.Do("mount", "-o", "remount,size=200m", checkout["target"]);

            AssertClear(build, checkout, 0, "16k");
            Assert.NotEqual(0, build.ExitCode);
            checkout.Build().Succeeded();
            states.AssertObjects(checkout, 0, "16k");
        }
        finally
        {
            Tool.Do("umount", checkout["target"]);
        }
    }

    [Fact]
    public void A_cache_whose_file_system_ends_during_a_build_is_named_and_used_again_when_it_is_there_again()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/bindfs") || !File.Exists("/dev/fuse"))
            Assert.Skip("NOT TESTED: a file system that ends needs root, /dev/fuse and Debian's package bindfs");
        var (content, cache) = (states.NewDirectory("content"), states.NewDirectory("mount"));
        using var daemon = Mount(content, cache);
        var checkout = states.New(cache);
        // While cargo is at work: every call about the cache fails from here on (ENOTCONN).
        checkout.Write("tiny/build.rs", $$"""
            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                let _ = std::process::Command::new("kill").args(["-KILL", "{{daemon.Id}}"]).status();
            }
            """);

        var build = checkout.Run("build");
        Tool.Do("umount", "--lazy", cache);
        using var again = Mount(content, cache);
        try
        {
            AssertClear(build, checkout, 0, "ENOTCONN");
            checkout.Build().Succeeded();
            states.AssertObjects(checkout, 0, "ENOTCONN");
            Assert.Equal(0, checkout.Run("cache", "verify").ExitCode);
        }
        finally
        {
            Tool.Do("umount", "--lazy", cache);
            again.WaitForExit();
        }
    }

    [Fact]
    public void A_cache_of_which_a_part_cannot_be_read_any_more_is_made_again_or_named()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/dev/loop-control") || !File.Exists("/usr/sbin/mkfs.ext4"))
            Assert.Skip("NOT TESTED: a disk that loses a part of itself needs root, loop devices and mkfs.ext4");
        var (image, cache) = (Path.Combine(states.NewDirectory("disk"), "image"), states.NewDirectory("mount"));
        Tool.Do("truncate", "--size=48M", image);
        Tool.Do("/usr/sbin/mkfs.ext4", "-q", "-F", image);
        var checkout = states.New(cache);
        Tool.Do("mount", "-o", "loop", image, cache);
        checkout.Build().Succeeded();
        Tool.Do("umount", cache);
        // Nothing of it is in memory any more; what lies behind the new end cannot be read (EIO).
        Tool.Do("mount", "-o", "loop", image, cache);
        try
        {
            Tool.Do("truncate", "--size=10M", image);
            Tool.Do("rm", "-rf", checkout["target"]);

            var build = checkout.Run("build");

            AssertClear(build, checkout, 0, "EIO");
            Assert.True(checkout.Run("cache", "verify").ExitCode is 0 or 1 or 3, "cache verify");
        }
        finally
        {
            Tool.Do("umount", "--lazy", cache);
        }
        checkout.Build().Succeeded();
        states.AssertObjects(checkout, 0, "EIO");
    }

    [Fact]
    public void A_device_that_loses_what_was_written_misleads_nobody()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/dev/loop-control") || !File.Exists("/usr/sbin/mkfs.ext4"))
            Assert.Skip("NOT TESTED: a device that loses writes needs root, loop devices and mkfs.ext4");
        var (memory, cache) = (states.NewDirectory("memory"), states.NewDirectory("mount"));
        var image = Path.Combine(memory, "image");
        // The device says that it has 64 MB, and what it is made of has 3: the kernel finds out when it writes back (EIO), long after a
        // program was told that all is well.
        Tool.Do("mount", "-t", "tmpfs", "-o", "size=3m", "none", memory);
        try
        {
            Tool.Do("truncate", "--size=64M", image);
            Tool.Do("/usr/sbin/mkfs.ext4", "-q", "-F", "-O", "^has_journal", image);
            Tool.Do("mount", "-o", "loop", image, cache);
            var checkout = states.New(cache);
            checkout.Build().Succeeded();
            File.WriteAllBytes(Path.Combine(cache, "more"), new byte[8 << 20]);
            // Nothing of it is in memory any more.
            Tool.Do("umount", cache);
            Tool.Do("mount", "-o", "loop", image, cache);
            Tool.Do("rm", "-rf", checkout["target"]);

            var build = checkout.Run("build");

            AssertClear(build, checkout, 0, "lost writes");
            Assert.True(checkout.Run("cache", "verify").ExitCode is 0 or 1 or 3, "cache verify");
            Tool.Do("umount", cache);
            checkout.Build().Succeeded();
            states.AssertObjects(checkout, 0, "lost writes");
        }
        finally
        {
            Tool.Run("umount", "/", ["--lazy", cache]);
            Tool.Do("umount", "--lazy", memory);
        }
    }

    // As much happens in the first ten calls as between the hundredth and the thousandth.
    private int Exponential(int limit) => (int)Math.Pow(limit, _random.NextDouble());

    // Something has to run, and the more the better.
    private int Edit(Checkout checkout, int number)
    {
        if (_random.Next(3) > 0)
            checkout.Configure($"{TinyCheckouts.Workspaces}, \"universe\": \"{number}\"");
        if (_random.Next(3) == 0)
            Tool.Do("rm", "-rf", checkout["target"]);
        if (_random.Next(3) == 0)
            Tool.Do("rm", "-rf", Path.Combine(checkout.Cache, "v1"));
        var state = _random.Next(TinyStates.Count);
        TinyStates.Set(checkout, state);
        return state;
    }

    private void AssertClear(ToolResult build, Checkout checkout, int state, string story)
    {
        Assert.True(build.ExitCode is 0 or 1 or 3 && !build.Errors.Contains("BUG", StringComparison.Ordinal), $"{story}\n{build}");
        if (build.ExitCode == 0)
            states.AssertObjects(checkout, state, story);
        else
            // Of this program, or of rustc or cargo.
            Assert.True(build.Errors.Contains("error BPFI", StringComparison.Ordinal) || build.Errors.Contains("error: ", StringComparison.Ordinal), $"{story}\n{build}");
    }

    private static Process Mount(string content, string place)
    {
        var daemon = Process.Start(new ProcessStartInfo("/usr/bin/bindfs", ["-f", content, place]))!;
        while (!File.ReadAllText("/proc/mounts").Contains($" {place} ", StringComparison.Ordinal))
        {
            Assert.False(daemon.HasExited, "bindfs could not mount");
            Thread.Sleep(5);
        }
        return daemon;
    }
}
