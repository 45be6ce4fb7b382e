using TorchSharp;

namespace NJepa.Models.Tests.Runtime;

public sealed class NJepaRuntimeTests
{
    [Fact]
    public void The_runtime_loads_on_several_threads_at_once() =>
        Parallel.For(0, 8, _ => NJepaRuntime.EnsureLoaded());

    [Fact]
    public void The_report_names_the_versions_and_the_files_that_were_loaded()
    {
        NativeRuntimeInfo info = NJepaRuntime.GetInfo();

        info.TorchSharpVersion.Should().Be("0.107.0");
        info.LibTorchVersion.Should().Be("2.10.0");
        info.Threads.Should().Be(torch.get_num_threads()).And.BePositive();
        info.InteropThreads.Should().BePositive();
        info.IsCudaAvailable.Should().Be(info.CudaDeviceCount > 0);
        Path.GetFileName(info.TorchSharpLibraryPath).Should().Contain("LibTorchSharp");
        File.Exists(info.TorchSharpLibraryPath).Should().BeTrue();
        File.Exists(info.LibTorchLibraryPath).Should().BeTrue();
        if (info.Backend == TorchBackend.Cpu)
        {
            info.CudaDeviceCount.Should().Be(0);
            info.ToString().Should().Be(
                $"TorchSharp 0.107.0 on libtorch 2.10.0, CPU backend, {info.Platform}, {info.Threads} thread{(info.Threads == 1 ? "" : "s")}, from {Path.GetDirectoryName(info.LibTorchLibraryPath)}");
        }
    }

    [Fact]
    public void The_expected_libtorch_is_the_one_that_TorchSharp_names() =>
        torch.__version__.Should().StartWith(NativeRuntimeLoader.ExpectedLibTorchVersion);

    [Fact]
    public void Nothing_is_copied_into_the_program_folder()
    {
        NJepaRuntime.EnsureLoaded();

        Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cpu")).Should().BeFalse();
    }

    [Fact]
    public void Device_names_become_devices()
    {
        NJepaRuntime.ResolveDevice("cpu").type.Should().Be(DeviceType.CPU);
        DeviceType expected = NJepaRuntime.GetInfo().IsCudaAvailable ? DeviceType.CUDA : DeviceType.CPU;
        NJepaRuntime.ResolveDevice("auto").type.Should().Be(expected);
    }

    [Fact]
    public void CUDA_is_refused_with_the_reason_where_there_is_none()
    {
        NativeRuntimeInfo info = NJepaRuntime.GetInfo();
        Func<torch.Device> act = () => NJepaRuntime.ResolveDevice("cuda");
        if (info.IsCudaAvailable)
        {
            act().type.Should().Be(DeviceType.CUDA);
            return;
        }

        act.Should().Throw<NativeRuntimeException>().Which.Cause.Should().Be(
            info.Backend == TorchBackend.Cpu ? NativeRuntimeCause.CudaBackendMissing : NativeRuntimeCause.CudaDeviceMissing);
    }

    [Fact]
    public void Giving_back_free_memory_lowers_what_the_process_holds_and_touches_nothing_in_use()
    {
        using torch.Tensor kept = torch.ones(1000);
        long Held() => Environment.WorkingSet;

        // A small tensor behind many others keeps their memory from going back by itself.
        torch.Tensor[] freed = [.. Enumerable.Range(0, 4000).Select(_ => torch.ones(16_000))];
        using torch.Tensor last = torch.ones(1000);
        foreach (torch.Tensor tensor in freed)
        {
            tensor.Dispose();
        }

        long before = Held();
        NJepaRuntime.ReleaseFreeMemory();
        NJepaRuntime.ReleaseFreeMemory();

        if (OperatingSystem.IsLinux())
        {
            Held().Should().BeLessThan(before - 100_000_000);
        }

        (kept.sum().item<float>() + last.sum().item<float>()).Should().Be(2000);
    }
}
