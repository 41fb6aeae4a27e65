using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Linker;

/// <summary>Functions of the kernel's that Rust, or C that is linked in, declares: the object has their types, and the running kernel takes it.</summary>
public sealed class KernelFunctionTests : IDisposable
{
    private const string Beginning = """
        #![no_std]
        #![no_main]

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo) -> ! {
            loop {}
        }

        #[no_mangle]
        #[link_section = "license"]
        static LICENSE: [u8; 4] = *b"GPL\0";

        """;

    private const string Rust = Beginning + """
        pub struct Task(u8);

        extern "C" {
            fn bpf_rcu_read_lock();
            fn bpf_rcu_read_unlock();
            fn bpf_task_from_pid(pid: i32) -> *mut Task;
            fn bpf_task_release(task: *mut Task);
        }

        #[no_mangle]
        #[link_section = "tp_btf/sys_enter"]
        unsafe extern "C" fn program(_context: *const u64) -> i32 {
            bpf_rcu_read_lock();
            bpf_rcu_read_unlock();
            let task = bpf_task_from_pid(1);
            if !task.is_null() {
                bpf_task_release(task);
            }
            0
        }
        """;

    private const string Weak = "#![feature(linkage)]\n" + Beginning + """
        extern "C" {
            #[linkage = "extern_weak"]
            static bpf_rcu_read_lock: Option<unsafe extern "C" fn()>;
            #[linkage = "extern_weak"]
            static bpf_rcu_read_unlock: Option<unsafe extern "C" fn()>;
        }

        #[no_mangle]
        #[link_section = "tp_btf/sys_enter"]
        unsafe extern "C" fn program(_context: *const u64) -> i32 {
            if let (Some(lock), Some(unlock)) = (bpf_rcu_read_lock, bpf_rcu_read_unlock) {
                lock();
                unlock();
            }
            0
        }
        """;

    // It declares itself, too, what C declares with types.
    private const string Calling = Beginning + """
        pub struct Task(u8);

        extern "C" {
            fn bpf_rcu_read_lock();
            fn bpf_rcu_read_unlock();
            fn bpf_task_from_pid(pid: i32) -> *mut Task;
            fn bpf_task_release(task: *mut Task);
            fn find_and_release(pid: i32) -> i32;
        }

        #[no_mangle]
        #[link_section = "tp_btf/sys_enter"]
        unsafe extern "C" fn program(_context: *const u64) -> i32 {
            bpf_rcu_read_lock();
            bpf_rcu_read_unlock();
            let task = bpf_task_from_pid(2);
            if !task.is_null() {
                bpf_task_release(task);
            }
            find_and_release(1)
        }
        """;

    private const string C = """
        #define __ksym __attribute__((section(".ksyms")))
        struct task_struct { int pid; };
        extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
        extern void bpf_task_release(struct task_struct *task) __ksym;
        extern void no_kernel_has_this(void) __ksym __attribute__((weak));

        int find_and_release(int pid)
        {
            struct task_struct *task = bpf_task_from_pid(pid);
            if (no_kernel_has_this)
                no_kernel_has_this();
            if (task)
                bpf_task_release(task);
            return 0;
        }
        """;

    private readonly AyaProject _project = new();

    public void Dispose() => _project.Dispose();

    [Theory]
    [InlineData(Rust)]
    [InlineData(Weak)]
    public void What_Rust_declares_has_the_types_that_kernels_have(string source)
    {
        Link(Compile(source));

        AssertHas("bpf_rcu_read_lock");
        AssertLoads();
    }

    [Fact]
    public void What_C_declares_has_the_types_that_C_gives_it()
    {
        File.WriteAllText(_project["shim.c"], C);
        Tool.Do("clang", "-O2", "-g", "-target", "bpf", "-emit-llvm", "-c", _project["shim.c"], "-o", _project["shim.bc"]);

        Link(Compile(Calling), _project["shim.bc"]);

        // C's structure has a member.
        Assert.Matches("STRUCT 'task_struct' size=4 vlen=1", AssertHas("bpf_rcu_read_lock", "bpf_task_from_pid", "bpf_task_release", "no_kernel_has_this"));
        AssertLoads();
    }

    private string Compile(string source)
    {
        File.WriteAllText(_project["program.rs"], source);
        var result = Tool.Run(
            "/usr/bin/rustc", _project[""],
            ["--edition=2021", "--target=bpfel-unknown-none", "-Copt-level=3", "-Cpanic=abort", "-Cdebuginfo=2", "--crate-type=bin", "--emit=llvm-bc", "-o", _project["program.bc"], _project["program.rs"]],
            ("RUSTC_BOOTSTRAP", "1"));
        Assert.True(result.ExitCode == 0, result.ToString());
        return _project["program.bc"];
    }

    private void Link(params string[] inputs)
    {
        var result = _project.Call(["--cpu=v3", "--btf", "--export=program,LICENSE", "-o", _project["program.o"], .. inputs]);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    private string AssertHas(params string[] names)
    {
        using var kernel = new BpfFileSystem();
        kernel.Require();
        var types = kernel.Types(_project["program.o"]);
        Assert.Contains("DATASEC '.ksyms'", types, StringComparison.Ordinal);
        Assert.All(names, name => Assert.Matches($@"FUNC '{name}' type_id=\d+ linkage=extern", types));
        return types;
    }

    private void AssertLoads() => _project.AssertLoads(_project["program.o"]);
}
