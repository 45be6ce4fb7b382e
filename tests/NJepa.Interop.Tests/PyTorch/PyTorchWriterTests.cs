using System.Diagnostics;

namespace NJepa.Interop.Tests.PyTorch;

/// <summary>What is written comes back bit for bit: here, and in Python where there is one with PyTorch.</summary>
public sealed class PyTorchWriterTests : TensorTest
{
    private const string Check = """
        import sys, torch
        ours, theirs = torch.load(sys.argv[1]), torch.load(sys.argv[2])
        def flat(prefix, value):
            if isinstance(value, dict):
                for key, item in value.items():
                    yield from flat(prefix + [key], item)
            elif torch.is_tensor(value):
                yield prefix[-1], value
        count = 0
        for name, value in flat([], ours):
            other = theirs[name]
            assert value.dtype == other.dtype and value.shape == other.shape, name
            as_bytes = lambda t: (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).contiguous().numpy().tobytes()
            assert as_bytes(value) == as_bytes(other), name
            count += 1
        assert ours["epoch"] == 7 and ours["big"] == 1 << 40 and ours["rate"] == 0.25 and ours["flag"] is True and ours["name"] == "Grüße"
        print(count)
        """;

    private const string CheckSafetensors = """
        import json, struct, sys, torch
        data = open(sys.argv[1], "rb").read()
        length = struct.unpack("<Q", data[:8])[0]
        header, base = json.loads(data[8:8 + length]), 8 + length
        types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
        theirs, count = torch.load(sys.argv[2]), 0
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, end = entry["data_offsets"]
            raw = bytearray(data[base + start:base + end])
            value = torch.frombuffer(raw, dtype=types[entry["dtype"]]).reshape(entry["shape"]) if raw else torch.zeros(entry["shape"], dtype=types[entry["dtype"]])
            as_bytes = lambda t: (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).contiguous().numpy().tobytes()
            assert as_bytes(value) == as_bytes(theirs[name]) and value.dtype == theirs[name].dtype and value.shape == theirs[name].shape, name
            count += 1
        print(count)
        """;

    [Fact]
    public void A_checkpoint_comes_back_bit_for_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Dictionary<string, object> content = Content();

        PyTorchFile.Write(folder.File("ours.pth"), content);

        using TensorFile file = TensorFile.Open(folder.File("ours.pth"));
        file.Entries.Should().HaveCount(15);
        foreach ((string name, object value) in content)
        {
            if (value is Tensor tensor)
            {
                Bits.ShouldBeEqual(file.Read(name), tensor, name);
            }
        }

        Bits.ShouldBeEqual(file.Read("nested.deep.matrix"), (Tensor)content["matrix"], "nested");
        file.Metadata["epoch"].Should().Be("7");
        file.Metadata["big"].Should().Be("1099511627776");
        Directory.GetFiles(folder.Path).Should().ContainSingle("no temporary file may stay behind");
    }

    [PythonFact]
    public void Python_loads_a_checkpoint_bit_for_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        PyTorchFile.Write(folder.File("ours.pth"), Content());
        Python(folder, Check, folder.File("ours.pth"), Parity.PathOf("types.pth")).Should().Be("15");
    }

    [PythonFact]
    public void Python_loads_safetensors_bit_for_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder.File("ours.safetensors"), Content().Where(pair => pair.Value is Tensor).Select(pair => KeyValuePair.Create(pair.Key, (Tensor)pair.Value)));
        Python(folder, CheckSafetensors, folder.File("ours.safetensors"), Parity.PathOf("types.pth")).Should().Be("13");
    }

    [Fact]
    public void What_cannot_be_written_is_named_and_the_old_file_stays()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = folder.File("a.pth");
        File.WriteAllText(path, "old");
        Tensor gone = ones(1);
        gone.Dispose();
        (object Value, string Message)[] cases =
        [
            (new object(), "*'a.b' is a Object; a checkpoint takes tensors, texts*"), (gone, "The tensor 'a.b' is disposed*"), (ones(2).to_sparse(), "The tensor 'a.b' is sparse*"), (new[] { 1 }, "*'a.b' is a Int32[]*"),
        ];
        foreach ((object value, string message) in cases)
        {
            Action write = () => PyTorchFile.Write(path, new Dictionary<string, object> { ["a"] = new Dictionary<string, object> { ["b"] = value } });
            write.Should().Throw<ArgumentException>().WithMessage(message);
        }

        File.ReadAllText(path).Should().Be("old");
        Directory.GetFiles(folder.Path).Should().ContainSingle();
    }

    private static Dictionary<string, object> Content()
    {
        using TensorFile types = TensorFile.Open(Parity.PathOf("types.safetensors"));
        Dictionary<string, object> content = types.Entries.ToDictionary(entry => entry.Name, object (entry) => types.Read(entry.Name));
        content["nested"] = new Dictionary<string, object> { ["deep"] = new Dictionary<string, object> { ["matrix"] = content["matrix"] } };

        // Strided in memory, plain in the file.
        Tensor matrix = (Tensor)content["matrix"];
        content["nested2"] = new Dictionary<string, object> { ["matrix"] = matrix.t().contiguous().t() };
        content["epoch"] = 7;
        content["big"] = 1L << 40;
        content["rate"] = 0.25;
        content["flag"] = true;
        content["name"] = "Grüße";
        return content;
    }

    private static string Python(TemporaryFolder folder, string script, params string[] arguments)
    {
        File.WriteAllText(folder.File("check.py"), script);
        using var process = Process.Start(new ProcessStartInfo(PythonFactAttribute.Executable!, [folder.File("check.py"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.Should().Be(0, error.Result);
        return output.Trim();
    }
}
