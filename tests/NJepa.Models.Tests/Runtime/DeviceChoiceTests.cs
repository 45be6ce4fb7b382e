namespace NJepa.Models.Tests.Runtime;

public sealed class DeviceChoiceTests
{
    [Theory]
    [InlineData("cpu", 0, -1)]
    [InlineData(" CPU ", 2, -1)]
    [InlineData("auto", 0, -1)]
    [InlineData("auto", 2, 0)]
    [InlineData("cuda", 2, 0)]
    [InlineData("CUDA:1", 2, 1)]
    public void A_device_that_is_there_is_found(string name, int devices, int index) =>
        Machine(TorchBackend.Cuda, devices).Resolve(name).Should().Be(index);

    [Theory]
    [InlineData("cpu")]
    [InlineData("auto")]
    public void The_CPU_backend_gives_the_processor(string name) =>
        Machine(TorchBackend.Cpu, 0).Resolve(name).Should().Be(-1);

    [Theory]
    [InlineData("gpu")]
    [InlineData("")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1.5")]
    public void An_unknown_name_is_answered_with_those_that_are_known(string name) =>
        Machine(TorchBackend.Cuda, 2).Invoking(machine => machine.Resolve(name))
            .Should().Throw<ArgumentException>()
            .WithMessage($"Device '{name}' is not known; it can be 'cpu', 'cuda', 'cuda:N' (N = 0 for the first GPU) or 'auto' (the first GPU if there is one, else the CPU). (Parameter 'device')");

    [Theory]
    [InlineData("linux-x64", "Reference TorchSharp-cuda-linux in place of TorchSharp-cpu (in NJepa's own repository: build with -p:TorchBackend=cuda-linux), or ask for 'cpu' or 'auto'.")]
    [InlineData("win-x64", "Reference TorchSharp-cuda-windows in place of TorchSharp-cpu (in NJepa's own repository: build with -p:TorchBackend=cuda-windows), or ask for 'cpu' or 'auto'.")]
    [InlineData("osx-arm64", "There is no CUDA for osx-arm64: ask for 'cpu' or 'auto'.")]
    public void CUDA_on_the_CPU_backend_says_how_to_switch(string platform, string remedy)
    {
        DeviceChoice machine = Machine(TorchBackend.Cpu, 0) with { Platform = new NativePlatform(platform), LibTorchLibraryPath = "/app/libtorch_cpu.so" };

        ShouldFail(
            machine,
            "cuda:0",
            NativeRuntimeCause.CudaBackendMissing,
            $"Device 'cuda:0' was asked for, but the program runs on the CPU backend (/app/libtorch_cpu.so). {remedy}");
    }

    [Fact]
    public void CUDA_without_a_GPU_says_what_to_check() =>
        ShouldFail(
            Machine(TorchBackend.Cuda, 0) with { VisibleDevices = "-1" },
            "cuda",
            NativeRuntimeCause.CudaDeviceMissing,
            "Device 'cuda' was asked for and the CUDA backend is loaded, but it finds no usable GPU. Check that nvidia-smi lists one, that the driver is recent enough " +
            "for this libtorch, that a container was started with --gpus all, and that CUDA_VISIBLE_DEVICES ('-1') does not hide it; or ask for 'cpu' or 'auto'.");

    [Theory]
    [InlineData(1, "Device 'cuda:2' was asked for, but there is one CUDA device: cuda:0.")]
    [InlineData(2, "Device 'cuda:2' was asked for, but there are 2 CUDA devices: cuda:0 to cuda:1.")]
    public void A_GPU_that_is_not_there_is_answered_with_those_that_are(int devices, string message) =>
        ShouldFail(Machine(TorchBackend.Cuda, devices), "cuda:2", NativeRuntimeCause.CudaDeviceMissing, message);

    private static DeviceChoice Machine(TorchBackend backend, int devices) =>
        new() { Platform = new NativePlatform("linux-x64"), Backend = backend, CudaDeviceCount = devices };

    private static void ShouldFail(DeviceChoice machine, string device, NativeRuntimeCause cause, string message)
    {
        NativeRuntimeException exception = machine.Invoking(it => it.Resolve(device)).Should().Throw<NativeRuntimeException>().Which;
        exception.Message.Should().Be(message);
        exception.Cause.Should().Be(cause);
    }
}
