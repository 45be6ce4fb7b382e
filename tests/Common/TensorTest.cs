using System.Reflection;
using TorchSharp;
using Xunit.Sdk;

[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

namespace NJepa.Tests;

/// <summary>
/// Base of every test class that touches tensors: one thread (two cores and many small regions), no random state carried from test to test, and a check that no native tensor
/// outlives a test. Tests of such assemblies run one after another, because the count is the process's.
/// </summary>
[NoTensorLeaks]
public abstract class TensorTest
{
    static TensorTest()
    {
        Models.NJepaRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        torch.random.manual_seed(1);
    }
}

/// <summary>Fails a test after which more native tensors are alive than before it.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true)]
public sealed class NoTensorLeaksAttribute : BeforeAfterTestAttribute
{
    private long _before;

    public override void Before(MethodInfo methodUnderTest) => _before = torch.Tensor.TotalCount;

    public override void After(MethodInfo methodUnderTest)
    {
        long after = torch.Tensor.TotalCount;
        if (after > _before)
        {
            throw new XunitException($"{after - _before} native tensors outlive the test: {_before} were alive before it, {after} after it.");
        }
    }
}
