using TorchSharp;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace NJepa.Evaluation.Tests;

/// <summary>A test that touches tensors: one thread, and no native tensor outlives it.</summary>
public abstract class TorchTest : IDisposable
{
    private readonly long _liveBefore;

    protected TorchTest()
    {
        torch.set_num_threads(1);
        _liveBefore = torch.Tensor.TotalCount;
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        torch.Tensor.TotalCount.Should().Be(_liveBefore, "every tensor a test makes must be disposed, not left to the garbage collector");
    }
}
