"""What a PKCS#11 module says when it says no, and what to do about it."""

from __future__ import annotations

from certs.keys.port import KeyFailureError

# What the module says, by the name of the error, and what to do.
_ADVICE = {
    "PinIncorrect": "PIN 不正确:请核对 pin-source,连续试错会锁死令牌",
    "PinInvalid": "PIN 含有不允许的字符:请核对 pin-source",
    "PinLenRange": "PIN 的长度不对:请核对 pin-source",
    "PinLocked": "PIN 已锁死:请用管理员口令解锁",
    "PinExpired": "PIN 已过期:请先更换 PIN",
    "UserNotLoggedIn": "令牌要求登录:请写 pin-source=env:变量名 或 pin-source=file:路径",
    "TokenNotPresent": "令牌不在:请插好后再试",
    "DeviceRemoved": "设备已拔出:请插好后再试",
    "DeviceError": "设备出错:请检查设备并查看厂商日志",
    "DeviceMemory": "设备内存不足:请减小 sessions",
    "SessionCount": "会话数已达设备上限:请减小 sessions",
    "MechanismInvalid": "设备不支持此算法:SM2 请写 sm2-mechanism=厂商机制号,并核对设备手册",
    "MechanismParamInvalid": "设备不支持此算法参数(部分设备没有 OAEP-SHA256)",
    "ArgumentsBad": "设备不接受此算法参数(部分设备没有 OAEP-SHA256)",
    "KeyFunctionNotPermitted": "令牌不允许此密钥作此用途:请核对 object/id 是签名密钥还是加密密钥",
    "EncryptedDataInvalid": "密文不是为此密钥所加,或已损坏",
    "EncryptedDataLenRange": "密文长度与密钥不符",
    "FunctionFailed": "设备未能完成操作:密文或参数可能有误",
}
# These look like a session, a token or a device that went away.
DEAD = frozenset((
    "SessionHandleInvalid", "SessionClosed", "UserNotLoggedIn", "KeyHandleInvalid", "ObjectHandleInvalid",
    "DeviceRemoved", "TokenNotPresent", "DeviceError", "GeneralError", "OperationNotInitialized",
))  # fmt: skip


def failure(error: Exception) -> KeyFailureError:
    name = type(error).__name__
    return KeyFailureError(f"令牌:{_ADVICE.get(name, '操作未完成,请查厂商日志')}({name})")
